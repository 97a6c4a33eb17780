package milvus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rollcall/retriever"
)

// alias is the name that readers open.
func alias(name string, m retriever.Modality) string { return name + "_" + string(m) }

// allModalities are those that an index can have.
func allModalities() []retriever.Modality {
	return []retriever.Modality{retriever.Image, retriever.Text}
}

// switchAliases moves readers to the targets. A modality that the index no longer has loses its
// alias first, so that no reader mixes two generations.
func (c *Client) switchAliases(ctx context.Context, spec PublishSpec, targets []*target) error {
	for _, m := range allModalities() {
		if m == retriever.Image && !spec.HasImage || m == retriever.Text && !spec.HasText {
			if err := c.dropAlias(ctx, alias(spec.Name, m)); err != nil {
				return err
			}
		}
	}
	for _, t := range targets {
		if err := c.point(ctx, alias(spec.Name, t.Modality), t.collection); err != nil {
			return err
		}
	}
	return nil
}

// point makes an alias name a collection.
func (c *Client) point(ctx context.Context, name, collection string) error {
	if err := c.refuseCollection(ctx, name); err != nil {
		return err
	}
	return c.eventually(ctx, "switch alias "+name+" to "+collection, func(ctx context.Context) error {
		err := c.sdk.AlterAlias(ctx, collection, name)
		if hasCode(err, codeAliasNotFound) {
			return c.sdk.CreateAlias(ctx, collection, name)
		}
		return err
	})
}

// dropAlias removes an alias of ours if it is there.
func (c *Client) dropAlias(ctx context.Context, name string) error {
	_, found, err := c.describe(ctx, name)
	if err != nil || !found {
		return err
	}
	if err := c.refuseCollection(ctx, name); err != nil {
		return err
	}
	return c.eventually(ctx, "drop alias "+name, func(ctx context.Context) error {
		return c.sdk.DropAlias(ctx, name)
	})
}

// refuseCollection is an error when the name of an alias is taken by something else.
func (c *Client) refuseCollection(ctx context.Context, name string) error {
	d, found, err := c.describe(ctx, name)
	if err != nil && !errors.Is(err, errNotOurs) {
		return err
	}
	if found && (err != nil || d.collection == name) {
		return c.fail("alias "+name, fmt.Errorf("it is in use by collection %s, which is none of this index's: publish under another name", d.collection))
	}
	return nil
}

// Collections lists all that there are in the database, by name.
func (c *Client) Collections(ctx context.Context) (names []string, err error) {
	err = c.eventually(ctx, "list collections", func(ctx context.Context) error {
		answer, err := c.sdk.ListCollections(ctx)
		names = names[:0]
		for _, collection := range answer {
			names = append(names, collection.Name)
		}
		return err
	})
	return names, err
}

// dropAll drops the collections of an index, whole or half loaded, but for those that keep wants.
func (c *Client) dropAll(ctx context.Context, index string, keep func(label) bool) error {
	names, err := c.Collections(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := c.dropUnless(ctx, index, name, keep); err != nil {
			return err
		}
	}
	return nil
}

// dropUnless drops a collection whose own label says that it is of the index and that keep does not
// want. The collection's name alone would not do: an index can be called "a", another "a_image".
func (c *Client) dropUnless(ctx context.Context, index, name string, keep func(label) bool) error {
	if !strings.HasPrefix(name, index+"_") {
		return nil
	}
	d, found, err := c.describe(ctx, name)
	if errors.Is(err, errNotOurs) || err == nil && !found {
		return nil
	}
	if err != nil {
		return err
	}
	if d.label.Name != index || keep(d.label) {
		return nil
	}
	return c.eventually(ctx, "drop collection "+name, func(ctx context.Context) error {
		return c.sdk.DropCollection(ctx, name)
	})
}

// has says whether a collection is one of the publication's.
func (s PublishSpec) has(l label) bool {
	return l.Generation == s.Generation && (l.Modality == retriever.Image && s.HasImage || l.Modality == retriever.Text && s.HasText)
}

// Withdraw removes an index of that fingerprint, with its faces, from Milvus: what readers see, and what
// publications that were cut off have left. Where there is nothing it does nothing, and another index
// that was published under the name since stays.
func (c *Client) Withdraw(ctx context.Context, index, fingerprint string) error {
	return c.holding(ctx, index, func(ctx context.Context, _ *lease) error {
		for _, name := range []string{index, facesName(index)} {
			for _, m := range allModalities() {
				d, found, err := c.describe(ctx, alias(name, m))
				if err == nil && found && d.label.Fingerprint == fingerprint {
					err = c.dropAlias(ctx, alias(name, m))
				}
				if err != nil && !errors.Is(err, errNotOurs) {
					return err
				}
			}
			if err := c.dropAll(ctx, name, func(l label) bool { return l.Fingerprint != fingerprint }); err != nil {
				return err
			}
		}
		return nil
	})
}
