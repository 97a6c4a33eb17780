package server

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"rollcall/internal/server/querylog"
)

type photoInput struct {
	ID    string `path:"id" maxLength:"256" doc:"a person's id"`
	Photo string `path:"photo" maxLength:"255" doc:"a photo's name"`
}

type addPhotoInput struct {
	ID      string `path:"id" maxLength:"256" doc:"a person's id"`
	RawBody []byte `contentType:"application/octet-stream"`
}

// photoInfo is a photo's name and where it is.
type photoInfo struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

type photoOutput struct{ Body photoInfo }

type photosOutput struct {
	Body struct {
		Photos []photoInfo `json:"photos" nullable:"false"`
	}
}

func (v v1) addPhotos() {
	add(v, v.route("list-photos", http.MethodGet, "/people/{id}/photos", "A person's photos"),
		func(ctx context.Context, in *personInput) (*photosOutput, error) {
			if _, err := v.state.Person(ctx, in.ID); err != nil {
				return nil, absentAs(err, "person", in.ID)
			}
			names, err := v.photoNames(ctx, in.ID)
			out := &photosOutput{}
			out.Body.Photos = make([]photoInfo, len(names))
			for i, name := range names {
				out.Body.Photos[i] = newPhotoInfo(in.ID, name)
			}
			return out, err
		})
	upload := v.route("add-photo", http.MethodPost, "/people/{id}/photos", "Keep a photo of a person: an image file as the body")
	upload.DefaultStatus = http.StatusCreated
	add(v, upload, func(ctx context.Context, in *addPhotoInput) (*photoOutput, error) {
		name, err := v.addPhoto(ctx, in.ID, in.RawBody)
		return &photoOutput{newPhotoInfo(in.ID, name)}, err
	})
	show := v.route("get-photo", http.MethodGet, "/people/{id}/photos/{photo}", "A photo")
	show.Responses = map[string]*huma.Response{"200": {Description: "the image file", Content: map[string]*huma.MediaType{
		"image/*": {Schema: v.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[[]byte](), true, "Image")},
	}}}
	add(v, show, func(ctx context.Context, in *photoInput) (*huma.StreamResponse, error) {
		content, err := v.photo(ctx, in.ID, in.Photo)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, notFound("there is no photo %q of person %q", in.Photo, in.ID)
		}
		if err != nil {
			return nil, err
		}
		if err := v.record(ctx, querylog.Entry{Action: "photo", Person: in.ID, Image: querylog.Digest(content), Asked: 1, Results: 1}); err != nil {
			return nil, err
		}
		return document(photoType(in.Photo), func(w io.Writer) error { _, err := w.Write(content); return err }), nil
	})
	remove := v.route("delete-photo", http.MethodDelete, "/people/{id}/photos/{photo}", "Remove an uploaded photo")
	remove.DefaultStatus = http.StatusNoContent
	add(v, remove, func(ctx context.Context, in *photoInput) (*struct{}, error) {
		return &struct{}{}, v.deletePhoto(ctx, in.ID, in.Photo)
	})
}

func newPhotoInfo(person, name string) photoInfo {
	return photoInfo{name, photoURL(person, name)}
}

// photoURL is where a photo is.
func photoURL(person, name string) string {
	return "/v1/people/" + url.PathEscape(person) + "/photos/" + url.PathEscape(name)
}
