package milvus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"rollcall/indexer"
	"rollcall/retriever"
)

// The fields of a collection.
const (
	fieldID        = "id"         // int64, primary key: the row number
	fieldVector    = "vector"     // as embedded; of an erased row a stand-in, see standIn
	fieldErased    = "erased"     // bool: the row has no content and no search returns it
	fieldKey       = "key"        // VarChar
	fieldCaption   = "caption"    // VarChar
	fieldURL       = "url"        // VarChar
	fieldImagePath = "image_path" // VarChar
	fieldRest      = "fields"     // JSON: every other metadata column
)

const (
	maxText = 65535 // bytes of a VarChar, and of a JSON value

	// formatVersion is raised when a collection's fields change their meaning.
	formatVersion = 1

	// propertyLoaded is the collection property with the number of rows loaded and flushed.
	propertyLoaded = "rollcall.loaded"
)

// label is a collection's description, as JSON: what made it and what it must hold.
type label struct {
	Format      int                `json:"rollcall"`
	Name        string             `json:"name"`
	Modality    retriever.Modality `json:"modality"`
	Generation  string             `json:"generation"`
	Fingerprint string             `json:"fingerprint"`
	Model       indexer.ModelInfo  `json:"model"`
	Dimension   int                `json:"dimension"`
	Rows        int64              `json:"rows"`
	IndexType   string             `json:"index_type"`
	Params      map[string]string  `json:"params,omitempty"`
}

func (l label) String() string {
	text, err := json.Marshal(l)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// described is what Milvus says about a collection.
type described struct {
	collection string // the collection itself, also when it was asked for by an alias
	label      label
	loaded     int64
}

// errNotOurs marks a collection that Publish did not make.
var errNotOurs = errors.New("it was not made by Rollcall")

// describe looks a collection or alias up. found is false when there is none; a collection that
// Publish did not make is errNotOurs.
func (c *Client) describe(ctx context.Context, name string) (d described, found bool, err error) {
	var answer *entity.Collection
	err = c.eventually(ctx, "describe "+name, func(ctx context.Context) (err error) {
		answer, err = c.sdk.DescribeCollection(ctx, name)
		return err
	})
	if hasCode(err, codeCollectionNotFound) {
		return described{}, false, nil
	}
	if err != nil {
		return described{}, false, err
	}
	d.collection = answer.Name
	if err := json.Unmarshal([]byte(answer.Schema.Description), &d.label); err != nil || d.label.Format == 0 {
		return d, true, c.fail("collection "+d.collection, errNotOurs)
	}
	if d.label.Format != formatVersion {
		return d, true, c.fail("collection "+d.collection, fmt.Errorf("it has format %d, this Rollcall knows %d: publish the index again", d.label.Format, formatVersion))
	}
	if text := answer.Properties[propertyLoaded]; text != "" {
		if _, err := fmt.Sscan(text, &d.loaded); err != nil {
			return d, true, c.fail("collection "+d.collection, fmt.Errorf("property %s is %q, not a number", propertyLoaded, text))
		}
	}
	return d, true, nil
}

// create makes an empty collection. One shard is enough: sealed segments spread over all query
// nodes whatever the number of shards.
func (c *Client) create(ctx context.Context, collection string, l label) error {
	text := func(name string) *entity.Field {
		return entity.NewField().WithName(name).WithDataType(entity.FieldTypeVarChar).WithMaxLength(maxText)
	}
	schema := entity.NewSchema().WithName(collection).WithDescription(l.String()).
		WithField(entity.NewField().WithName(fieldID).WithDataType(entity.FieldTypeInt64).WithIsPrimaryKey(true)).
		WithField(entity.NewField().WithName(fieldVector).WithDataType(entity.FieldTypeFloatVector).WithDim(int64(l.Dimension))).
		WithField(entity.NewField().WithName(fieldErased).WithDataType(entity.FieldTypeBool)).
		WithField(text(fieldKey)).WithField(text(fieldCaption)).WithField(text(fieldURL)).WithField(text(fieldImagePath)).
		WithField(entity.NewField().WithName(fieldRest).WithDataType(entity.FieldTypeJSON))
	return c.eventually(ctx, "create collection "+collection, func(ctx context.Context) error {
		return c.sdk.CreateCollection(ctx, schema, 1, client.WithConsistencyLevel(entity.ClStrong))
	})
}

// property is a collection property of our own; the SDK knows only Milvus's.
type property struct{ key, value string }

// KeyValue implements entity.CollectionAttribute.
func (p property) KeyValue() (string, string) { return p.key, p.value }

// Valid implements entity.CollectionAttribute.
func (p property) Valid() error { return nil }
