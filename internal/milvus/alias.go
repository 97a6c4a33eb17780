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

// dropOld drops the collections of other generations, whole or half loaded.
func (c *Client) dropOld(ctx context.Context, spec PublishSpec) error {
	var names []string
	err := c.eventually(ctx, "list collections", func(ctx context.Context) error {
		answer, err := c.sdk.ListCollections(ctx)
		names = names[:0]
		for _, collection := range answer {
			names = append(names, collection.Name)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := c.dropIfOld(ctx, spec, name); err != nil {
			return err
		}
	}
	return nil
}

// dropIfOld drops a collection whose own label says that it is another generation of the index.
// The collection's name alone would not do: an index can be called "a", another "a_image".
func (c *Client) dropIfOld(ctx context.Context, spec PublishSpec, name string) error {
	if !strings.HasPrefix(name, spec.Name+"_") {
		return nil
	}
	d, found, err := c.describe(ctx, name)
	if errors.Is(err, errNotOurs) || err == nil && !found {
		return nil
	}
	if err != nil {
		return err
	}
	current := d.label.Generation == spec.Generation
	if current && d.label.Modality == retriever.Image {
		current = spec.HasImage
	} else if current {
		current = spec.HasText
	}
	if d.label.Name != spec.Name || current {
		return nil
	}
	return c.eventually(ctx, "drop collection "+name, func(ctx context.Context) error {
		return c.sdk.DropCollection(ctx, name)
	})
}
