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
	counts := result.Counts
	const most = 10
	groups := groupsOf(result)
	sorted := slices.Clone(counts)
	slices.SortStableFunc(sorted, func(x, y retriever.Count) int { return int(estimate(y) - estimate(x)) })
	rows := [][]string{{"PERSON", "MENTIONS", "DISTINCT", "IMAGES", "GROUPS", "FACES", "NOTE"}}
	for _, c := range sorted[:min(most, len(sorted))] {
		note := ""
		if c.Homonym {
			note = "shares a name with another person"
		}
		rows = append(rows, []string{c.Name, cell(c.Mentions), cell(c.MentionsDistinct), cell(c.Images), cell(groups[c.ID]), cell(c.Faces), note})
	}
	if err := a.printTable(rows); err != nil {
		return err
	}
	if len(counts) > most {
		fmt.Fprintf(a.stdout, "... and %d more persons", len(counts)-most)
		if flags.output == "" {
			fmt.Fprint(a.stdout, "; -o counts.csv writes all")
		}
		fmt.Fprintln(a.stdout)
	}
	return nil
}

// groupsOf gives the groups of near-duplicates among each person's images.
func groupsOf(result *counted) map[string]*int64 {
	groups := map[string]*int64{}
	if result.Images != nil {
		for _, p := range result.Images.Persons {
			groups[p.ID] = p.Groups
		}
	}
	return groups
}

func estimate(c retriever.Count) float64 {
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
