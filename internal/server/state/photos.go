package state

import (
	"context"
	"database/sql"
	"errors"
)

// Photo is one photo of a person.
type Photo struct {
	Number  int    // unique among the person's, in the order of arrival
	Type    string // media type, such as image/jpeg
	Content []byte // the image file; nil in a list
	Bytes   int64  // its length
}

// Photos lists a person's photos without their content.
func (s *Store) Photos(ctx context.Context, person string) ([]Photo, error) {
	return gather(ctx, s, func(rows *sql.Rows) (p Photo, err error) { return p, rows.Scan(&p.Number, &p.Type, &p.Bytes) },
		"SELECT number, type, length(content) FROM photo WHERE person = ? ORDER BY number", person)
}

// PhotoOwners gives the number of photos of everybody who has some.
func (s *Store) PhotoOwners(ctx context.Context) (map[string]int, error) {
	type owner struct {
		person string
		photos int
	}
	owners, err := gather(ctx, s, func(rows *sql.Rows) (o owner, err error) { return o, rows.Scan(&o.person, &o.photos) },
		"SELECT person, count(*) FROM photo GROUP BY person")
	photos := make(map[string]int, len(owners))
	for _, o := range owners {
		photos[o.person] = o.photos
	}
	return photos, err
}

// Photo gives one photo with its content, or ErrNotFound.
func (s *Store) Photo(ctx context.Context, person string, number int) (Photo, error) {
	p := Photo{Number: number}
	err := s.db.QueryRowContext(ctx, "SELECT type, content FROM photo WHERE person = ? AND number = ?", person, number).Scan(&p.Type, &p.Content)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	p.Bytes = int64(len(p.Content))
	return p, err
}

// AddPhoto keeps a photo of a person, who must be there, and gives its number.
func (s *Store) AddPhoto(ctx context.Context, person string, p Photo) (number int, err error) {
	err = s.within(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM person WHERE id = ?", person).Scan(&number); err != nil || number == 0 {
			return errors.Join(err, ErrNotFound)
		}
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(number) + 1, 0) FROM photo WHERE person = ?", person).Scan(&number); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO photo (person, number, type, content) VALUES (?, ?, ?, ?)", person, number, p.Type, p.Content)
		return err
	})
	return number, err
}

// DeletePhoto removes a photo, or says ErrNotFound.
func (s *Store) DeletePhoto(ctx context.Context, person string, number int) error {
	return s.change(ctx, "DELETE FROM photo WHERE person = ? AND number = ?", person, number)
}
