package storage

import (
	"strings"

	google "cloud.google.com/go/storage"
	azure "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	amazon "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"gocloud.dev/blob"
)

// listedTag is the entity tag that a listing gives an object, as the object itself would: listings of
// Google Cloud and Azure leave its quotes out. It is "" where there is none.
func listedTag(o *blob.ListObject) string {
	var (
		s3   amazon.Object
		gs   google.ObjectAttrs
		blob azure.BlobItem
		tag  string
	)
	switch {
	case o.IsDir:
	case o.As(&s3) && s3.ETag != nil:
		tag = *s3.ETag
	case o.As(&gs):
		tag = gs.Etag
	case o.As(&blob) && blob.Properties != nil && blob.Properties.ETag != nil:
		tag = string(*blob.Properties.ETag)
	}
	if tag == "" || strings.HasSuffix(tag, `"`) {
		return tag
	}
	return `"` + tag + `"`
}
