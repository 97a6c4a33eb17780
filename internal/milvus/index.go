package milvus

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/milvus-io/milvus-sdk-go/v2/entity"
)

// flat is the one index type whose answers are exact.
const flat = "FLAT"

// indexKind is one index type: its settings with their defaults, and how the SDK is asked to build
// and to search it. The SDK's typed constructors check the settings; the server does not.
type indexKind struct {
	defaults map[string]int
	build    func(p map[string]int) (entity.Index, error)
	search   func(p map[string]int, k int) (entity.SearchParam, error)
}

// indexKinds lists the index types by Milvus's names.
func indexKinds() map[string]indexKind {
	ivfSettings := map[string]int{"nlist": 1024, "nprobe": 32}
	return map[string]indexKind{
		flat: {
			build: func(map[string]int) (entity.Index, error) { return asIndex(entity.NewIndexFlat(entity.COSINE)) },
			search: func(map[string]int, int) (entity.SearchParam, error) {
				return asSearch(entity.NewIndexFlatSearchParam())
			},
		},
		"HNSW": {
			defaults: map[string]int{"M": 16, "efConstruction": 200, "ef": 64},
			build: func(p map[string]int) (entity.Index, error) {
				return asIndex(entity.NewIndexHNSW(entity.COSINE, p["M"], p["efConstruction"]))
			},
			search: func(p map[string]int, k int) (entity.SearchParam, error) {
				return asSearch(entity.NewIndexHNSWSearchParam(max(p["ef"], k))) // ef below k is refused
			},
		},
		"IVF_FLAT": {
			defaults: ivfSettings,
			build: func(p map[string]int) (entity.Index, error) {
				return asIndex(entity.NewIndexIvfFlat(entity.COSINE, p["nlist"]))
			},
			search: func(p map[string]int, _ int) (entity.SearchParam, error) {
				return asSearch(entity.NewIndexIvfFlatSearchParam(p["nprobe"]))
			},
		},
		"IVF_SQ8": {
			defaults: ivfSettings,
			build: func(p map[string]int) (entity.Index, error) {
				return asIndex(entity.NewIndexIvfSQ8(entity.COSINE, p["nlist"]))
			},
			search: func(p map[string]int, _ int) (entity.SearchParam, error) {
				return asSearch(entity.NewIndexIvfSQ8SearchParam(p["nprobe"]))
			},
		},
		"DISKANN": {
			defaults: map[string]int{"search_list": 100},
			build: func(map[string]int) (entity.Index, error) {
				return asIndex(entity.NewIndexDISKANN(entity.COSINE))
			},
			search: func(p map[string]int, k int) (entity.SearchParam, error) {
				return asSearch(entity.NewIndexDISKANNSearchParam(max(p["search_list"], k)))
			},
		},
		"AUTOINDEX": {
			defaults: map[string]int{"level": 1},
			build: func(map[string]int) (entity.Index, error) {
				return asIndex(entity.NewIndexAUTOINDEX(entity.COSINE))
			},
			search: func(p map[string]int, _ int) (entity.SearchParam, error) {
				return asSearch(entity.NewIndexAUTOINDEXSearchParam(p["level"]))
			},
		},
	}
}

// asIndex and asSearch keep a typed nil pointer from becoming a non-nil interface.
func asIndex[T entity.Index](index T, err error) (entity.Index, error) {
	if err != nil {
		return nil, err
	}
	return index, nil
}

func asSearch[T entity.SearchParam](param T, err error) (entity.SearchParam, error) {
	if err != nil {
		return nil, err
	}
	return param, nil
}

// indexOf gives an index type with its settings, defaults filled in.
func indexOf(name string, params map[string]string) (indexKind, map[string]int, error) {
	kinds := indexKinds()
	kind, known := kinds[name]
	if !known {
		return indexKind{}, nil, fmt.Errorf("index type %q is not one of %s", name, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	settings := maps.Clone(kind.defaults)
	for key, text := range params {
		if _, known := kind.defaults[key]; !known {
			return indexKind{}, nil, fmt.Errorf("index type %s has no setting %q; it has: %s", name, key,
				strings.Join(slices.Sorted(maps.Keys(kind.defaults)), ", "))
		}
		value, err := strconv.Atoi(text)
		if err != nil {
			return indexKind{}, nil, fmt.Errorf("setting %s of index type %s: %q is not a whole number", key, name, text)
		}
		settings[key] = value
	}
	return kind, settings, nil
}

// CheckIndex refuses an index type or settings of it that Publish would refuse; "" is FLAT.
func CheckIndex(name string, params map[string]string) error {
	if name == "" {
		name = flat
	}
	kind, settings, err := indexOf(name, params)
	if err != nil {
		return err
	}
	if _, err = kind.build(settings); err == nil {
		_, err = kind.search(settings, 1)
	}
	return err
}
