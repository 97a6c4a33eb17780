package milvus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/milvus-io/milvus-sdk-go/v2/client"
)

// canBuild refuses an index type that the server cannot build, before anything is loaded: packaged
// engines, which call themselves v2.3.5-lite, are built without DISKANN. Asked for it they fail every
// three seconds, for ever, and report that the build is in progress.
func (c *Client) canBuild(indexType string) error {
	if indexType == "DISKANN" && strings.Contains(c.version, "-lite") {
		return c.fail("index as "+indexType, fmt.Errorf("a packaged Milvus such as this one (%s) is built without it: choose HNSW or IVF_SQ8, or run a Milvus that has DISKANN", c.version))
	}
	return nil
}

// awaitIndex waits until all rows are indexed. The SDK's figures for an index leave out the rows that
// came after it was asked for, and so call it finished while none is; the statistics have all. Rows
// that are loaded before they are indexed are searched through a makeshift index until the real one
// has taken its place, seconds later.
func (c *Client) awaitIndex(ctx context.Context, t *target) error {
	service, ok := c.sdk.(*client.GrpcClient)
	if !ok {
		return c.fail("index "+t.collection, errors.New("no way to ask how far it is"))
	}
	err := c.progress(ctx, "index "+t.collection, func(ctx context.Context) (bool, int64, error) {
		answer, err := service.Service.GetIndexStatistics(ctx, &milvuspb.GetIndexStatisticsRequest{CollectionName: t.collection})
		if err != nil {
			return false, 0, err
		}
		return indexedRows(answer, t.Rows)
	})
	if err != nil && t.IndexType == "DISKANN" {
		return fmt.Errorf("%w; DISKANN needs a Milvus that was built with it and has indexNode.enableDisk and queryNode.enableDisk set", err)
	}
	return err
}

// indexedRows says how many rows are indexed, and whether that is all. A build that has failed does
// not go on.
func indexedRows(answer *milvuspb.GetIndexStatisticsResponse, rows int64) (done bool, indexed int64, err error) {
	for _, d := range answer.GetIndexDescriptions() {
		if d.GetFieldName() != fieldVector {
			continue
		}
		if d.GetState() == commonpb.IndexState_Failed {
			return false, 0, &serverError{"GetIndexStatistics", codeIndex, "the index cannot be built: " + d.GetIndexStateFailReason()}
		}
		indexed = d.GetIndexedRows()
		return d.GetTotalRows() >= rows && indexed >= d.GetTotalRows(), indexed, nil
	}
	return false, 0, &serverError{"GetIndexStatistics", codeIndex, "the vectors have no index"}
}
