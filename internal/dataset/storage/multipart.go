package storage

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// abandon ends the uploads to keys with a prefix that nobody will finish. Files above 16 MiB go to S3
// in parts, and those of an upload that was interrupted are in no listing, but are kept and paid for
// until somebody says that they are not wanted. Other clouds forget them by themselves. To list them
// takes a permission that writing does not: without it they stay until a rule of the bucket ends them.
func (f *Folder) abandon(ctx context.Context, prefix string) {
	var client *s3.Client
	if !f.bucket.As(&client) {
		return
	}
	bucket, _, _ := strings.Cut(strings.TrimPrefix(locate(f.url).bucket, "s3://"), "?")
	list := s3.NewListMultipartUploadsPaginator(client, &s3.ListMultipartUploadsInput{Bucket: &bucket, Prefix: &prefix})
	for list.HasMorePages() {
		page, err := list.NextPage(ctx)
		if err != nil {
			return
		}
		for _, upload := range page.Uploads {
			// One that cannot be ended has often ended meanwhile.
			_, _ = client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId})
		}
	}
}
