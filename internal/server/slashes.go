package server

import (
	"net/http"
	"net/url"
	"strings"
)

// collapseSlashes makes "//knn-service" the same as "/knn-service", without a redirect:
// clip-retrieval's front end joins its back end's address and the route with one slash too many.
func collapseSlashes(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "//") {
			path := r.URL.Path
			for strings.Contains(path, "//") {
				path = strings.ReplaceAll(path, "//", "/")
			}
			clone := *r
			clone.URL = &url.URL{Scheme: r.URL.Scheme, Host: r.URL.Host, Path: path, RawQuery: r.URL.RawQuery}
			r = &clone
		}
		next.ServeHTTP(w, r)
	})
}
