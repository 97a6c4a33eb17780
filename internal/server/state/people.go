package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"rollcall/retriever"
)

const personColumns = "id, name, aliases, sex, member, count"

// People gives the roster in the order of names.
func (s *Store) People(ctx context.Context) ([]retriever.Person, error) {
	return gather(ctx, s, func(rows *sql.Rows) (retriever.Person, error) { return scanPerson(rows) },
		"SELECT "+personColumns+" FROM person ORDER BY name, id")
}

// PeopleAfter gives the next persons in the order of names, beginning behind one with this name and
// id; of two empty ones, at the beginning.
func (s *Store) PeopleAfter(ctx context.Context, name, id string, most int) ([]retriever.Person, error) {
	return gather(ctx, s, func(rows *sql.Rows) (retriever.Person, error) { return scanPerson(rows) },
		"SELECT "+personColumns+" FROM person WHERE (name, id) > (?, ?) ORDER BY name, id LIMIT ?", name, id, most)
}

// PeopleLen is the number of persons.
func (s *Store) PeopleLen(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM person").Scan(&n)
	return n, err
}

// Person gives one person, or ErrNotFound.
func (s *Store) Person(ctx context.Context, id string) (retriever.Person, error) {
	p, err := scanPerson(s.db.QueryRowContext(ctx, "SELECT "+personColumns+" FROM person WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return p, err
}

// PutPeople adds persons, or replaces those with the same ids; photos and verdicts stay. All are
// there afterwards, or on an error none.
func (s *Store) PutPeople(ctx context.Context, people []retriever.Person) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		for _, p := range people {
			aliases, err := json.Marshal(p.Aliases)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO person (`+personColumns+`) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET name = excluded.name, aliases = excluded.aliases, sex = excluded.sex,
					member = excluded.member, count = excluded.count`,
				p.ID, p.Name, string(aliases), p.Sex, p.Member, p.Count)
			if err != nil {
				return fmt.Errorf("keeping person %s: %w", p.ID, err)
			}
		}
		return nil
	})
}

// DeletePerson removes a person with photos, verdicts, counts and evidence; ErrNotFound when there
// is none. Audits keep their findings: they are whole streams, deleted as a whole.
func (s *Store) DeletePerson(ctx context.Context, id string) error {
	err := s.within(ctx, func(tx *sql.Tx) error {
		result, err := tx.ExecContext(ctx, "DELETE FROM person WHERE id = ?", id)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		for _, statement := range []string{
			"DELETE FROM counted WHERE person = ?",
			"DELETE FROM evidence WHERE person = ?",
			"DELETE FROM message WHERE instr(content, ' of ' || ? || ' ') > 0 AND job IN (SELECT id FROM job WHERE kind = 'count')", // warnings
			`UPDATE job SET request = json_set(request, '$.people', json((SELECT json_group_array(value) FROM json_each(request, '$.people') WHERE value <> ?1)))
				WHERE kind = 'count' AND state NOT IN ('` + Queued + `', '` + Running + `') AND EXISTS (SELECT 1 FROM json_each(request, '$.people') WHERE value = ?1)`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.scrub(ctx)
}

func scanPerson(row interface{ Scan(...any) error }) (p retriever.Person, err error) {
	var aliases string
	if err := row.Scan(&p.ID, &p.Name, &aliases, &p.Sex, &p.Member, &p.Count); err != nil {
		return p, err
	}
	return p, json.Unmarshal([]byte(aliases), &p.Aliases)
}
