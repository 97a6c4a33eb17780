package retriever

import (
	"context"
	"fmt"
)

// SelectURLs finds the rows that have one of the URLs, written exactly so, in the order of rows.
// found has how many rows each URL has; one that no row has is missing there.
func SelectURLs(ctx context.Context, src CaptionSource, urls []string) (ids []int64, found map[string]int64, err error) {
	wanted := make(map[string]struct{}, len(urls))
	for _, url := range urls {
		wanted[url] = struct{}{}
	}
	delete(wanted, "") // no URL, which every row without one would match
	found = map[string]int64{}
	err = src.Captions(ctx, func(row CaptionRow) error {
		if _, ok := wanted[row.URL]; ok {
			ids = append(ids, row.Row)
			found[row.URL]++
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("finding the rows of URLs: %w", err)
	}
	return ids, found, nil
}

// SelectPerson finds the rows whose caption mentions a person by the strict rule, in the order of
// rows. Where captions cannot tell the person from another (Person.Homonym), the other's rows are
// among them.
func SelectPerson(ctx context.Context, src CaptionSource, person Person) (ids []int64, err error) {
	_, err = CountMentions(ctx, src, &Roster{Persons: []Person{person}}, MentionOptions{Evidence: func(m Mention) error {
		ids = append(ids, m.Row)
		return nil
	}})
	if err != nil {
		return nil, fmt.Errorf("finding the rows that mention a person: %w", err)
	}
	return ids, nil
}
