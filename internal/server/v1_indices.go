package server

import (
	"context"
	"net/http"

	"rollcall/retriever"
)

// indexInfo is one served index.
type indexInfo struct {
	Name        string           `json:"name"`
	Rows        int64            `json:"rows" doc:"rows, erased ones included"`
	Dimension   int              `json:"dimension" doc:"numbers in an embedding"`
	Modalities  []string         `json:"modalities" doc:"which embeddings the rows have"`
	Model       string           `json:"model,omitempty" doc:"the model that made the embeddings"`
	ModelDigest string           `json:"model_digest,omitempty" doc:"SHA-256 of that model"`
	Store       string           `json:"store" doc:"embedded or milvus"`
	State       string           `json:"state" doc:"complete: every sample is a row or a ledger record"`
	Fingerprint string           `json:"fingerprint,omitempty" doc:"SHA-256 over model, sources and options"`
	Queries     []string         `json:"queries" doc:"what can be searched for: text and image need a loaded model, face stored faces and theirs"`
	Countable   bool             `json:"countable" doc:"whether persons can be counted in it"`
	Samples     int64            `json:"samples,omitempty" doc:"input samples; rows and failures together"`
	Failures    int64            `json:"failures,omitempty" doc:"samples that are not rows"`
	Reasons     map[string]int64 `json:"reasons,omitempty" doc:"failures by reason"`
	Erased      int              `json:"erased,omitempty" doc:"rows whose content was removed"`
}

type indicesOutput struct {
	Body struct {
		Indices []indexInfo `json:"indices" nullable:"false"`
	}
}

type indexInput struct {
	Name string `path:"name" doc:"name of an index" maxLength:"255"`
}

type indexOutput struct{ Body indexInfo }

func (v v1) addIndices() {
	add(v, v.route("list-indices", http.MethodGet, "/indices", "The indexes that are served"),
		func(ctx context.Context, _ *struct{}) (*indicesOutput, error) {
			out := &indicesOutput{}
			out.Body.Indices = []indexInfo{}
			indices := v.indices()
			for i := range indices {
				info, err := v.describe(ctx, &indices[i])
				if err != nil {
					return nil, err
				}
				out.Body.Indices = append(out.Body.Indices, info)
			}
			return out, nil
		})
	add(v, v.route("get-index", http.MethodGet, "/indices/{name}", "One index"),
		func(ctx context.Context, in *indexInput) (*indexOutput, error) {
			index, err := v.index(in.Name)
			if err != nil {
				return nil, err
			}
			info, err := v.describe(ctx, index)
			return &indexOutput{info}, err
		})
}

// describe says what an index is. An embedding folder that rollcall did not make has no model,
// fingerprint or totals.
func (s *Server) describe(ctx context.Context, index *Index) (indexInfo, error) {
	rows, err := index.Store.Len(ctx)
	if err != nil {
		return indexInfo{}, err
	}
	info := indexInfo{
		Name: index.Name, Rows: rows, Dimension: index.Dimension, Modalities: index.modalities(),
		Store: "embedded", State: "complete", Queries: []string{"vector"}, Countable: index.Counter != nil && index.Captions != nil,
	}
	if index.Encoder != nil {
		info.Queries = append(info.Queries, "text", "image")
	}
	if index.Faces != nil {
		info.Queries = append(info.Queries, "face")
	}
	if m := index.Manifest; m != nil {
		info.Model, info.ModelDigest, info.Fingerprint, info.State = m.Model.Name, m.Model.Digest, m.Fingerprint, m.State
		info.Samples, info.Failures, info.Reasons, info.Erased = m.Samples, m.Failures, m.Reasons, len(m.Erased)
		if m.Store.Kind != "" {
			info.Store = m.Store.Kind
		}
	}
	return info, nil
}

// modalities are the embeddings that the rows have; of a folder without a manifest both are taken
// to be there, and the store says otherwise when asked.
func (index *Index) modalities() []string {
	var names []string
	for _, m := range index.Modalities {
		names = append(names, string(m))
	}
	if len(names) > 0 {
		return names
	}
	if m := index.Manifest; m == nil || m.Options.Images {
		names = append(names, string(retriever.Image))
	}
	if m := index.Manifest; m == nil || m.Options.Texts {
		names = append(names, string(retriever.Text))
	}
	return names
}
