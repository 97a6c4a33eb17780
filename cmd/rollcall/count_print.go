package main

import (
	"fmt"
	"slices"
	"strconv"

	"rollcall/retriever"
)

// printCounts shows the persons that were counted most.
func (a *app) printCounts(result *counted, flags countFlags) error {
	if a.json {
		return a.printJSON(result)
	}
	const most = 10
	table := countTable
	if flags.mode == string(retriever.CC3M) {
		table = presenceTable
	}
	if err := a.printTable(table(result, most)); err != nil {
		return err
	}
	if more := len(result.Counts) - most; more > 0 {
		fmt.Fprintf(a.stdout, "... and %d more persons", more)
		if flags.output == "" {
			fmt.Fprint(a.stdout, "; -o counts.csv writes all")
		}
		fmt.Fprintln(a.stdout)
	}
	return nil
}

// countTable has the persons with the largest counts.
func countTable(result *counted, most int) [][]string {
	groups := groupsOf(result)
	rows := [][]string{{"PERSON", "MENTIONS", "DISTINCT", "IMAGES", "GROUPS", "FACES", "NOTE"}}
	for _, c := range largest(result.Counts, most, estimate) {
		rows = append(rows, []string{c.Name, cell(c.Mentions), cell(c.MentionsDistinct), cell(c.Images), cell(groups[c.ID]), cell(c.Faces), note(c)})
	}
	return rows
}

// largest gives the counts with the largest values, the first ones of equals.
func largest(counts []retriever.Count, most int, value func(*retriever.Count) float64) []*retriever.Count {
	var top []*retriever.Count
	for i := range counts {
		at := len(top)
		for at > 0 && value(&counts[i]) > value(top[at-1]) {
			at--
		}
		if at < most {
			top = slices.Insert(top, at, &counts[i])
			top = top[:min(most, len(top))]
		}
	}
	return top
}

func note(c *retriever.Count) string {
	if c.Homonym {
		return "shares a name with another person"
	}
	return ""
}

// presenceTable has the persons with the largest shares of neighbours that carry their name.
func presenceTable(result *counted, most int) [][]string {
	share := func(c *retriever.Count) float64 {
		if c.Presence.NameShare == nil {
			return -1
		}
		return *c.Presence.NameShare
	}
	rows := [][]string{{"PERSON", "NEIGHBOURS", "NAME", "FACE", "IN THE DATA", "NOTE"}}
	for _, c := range largest(result.Counts, most, share) {
		in := "not decided"
		if m := c.Presence.Member; m != nil {
			in = map[bool]string{true: "yes", false: "no"}[*m]
		}
		rows = append(rows, []string{c.Name, strconv.Itoa(c.Presence.Neighbours), percent(c.Presence.NameShare), percent(c.Presence.FaceShare), in, note(c)})
	}
	return rows
}

func percent(share *float64) string {
	if share == nil {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100**share)
}

// groupsOf gives the groups of near-duplicates among each person's images, or where only faces were
// counted, among the rows with the face.
func groupsOf(result *counted) map[string]*int64 {
	groups, of := map[string]*int64{}, result.Images
	if of == nil {
		of = result.Faces
	}
	if of != nil {
		for _, p := range of.Persons {
			groups[p.ID] = p.Groups
		}
	}
	return groups
}

func estimate(c *retriever.Count) float64 {
	if c.Estimate == nil {
		return -1
	}
	return *c.Estimate
}

func cell(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
