//go:build cgo && unix

package clip

/*
#cgo linux LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>

// The part of the TurboJPEG API (libturbojpeg.so.0, 2.x and later) that is used.
// The library is opened when the program runs, so that the program also starts
// where it is absent.
typedef void *tj_init(void);
typedef int tj_destroy(void *handle);
typedef int tj_decompress(void *handle, const unsigned char *jpeg, unsigned long size,
	unsigned char *dst, int width, int pitch, int height, int format, int flags);
typedef char *tj_error(void *handle);
typedef int tj_error_code(void *handle);

typedef struct {
	tj_init *init;
	tj_destroy *destroy;
	tj_decompress *decompress;
	tj_error *error;
	tj_error_code *code;
} tj_api;

static int tj_open(tj_api *api, const char *name) {
	void *lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (lib == NULL) return 0;
	api->init = (tj_init *)dlsym(lib, "tjInitDecompress");
	api->destroy = (tj_destroy *)dlsym(lib, "tjDestroy");
	api->decompress = (tj_decompress *)dlsym(lib, "tjDecompress2");
	api->error = (tj_error *)dlsym(lib, "tjGetErrorStr2");
	api->code = (tj_error_code *)dlsym(lib, "tjGetErrorCode");
	if (api->init && api->destroy && api->decompress && api->error && api->code) return 1;
	dlclose(lib);
	return 0;
}

// tj_path gives the file that the library was loaded from.
static const char *tj_path(tj_api *api) {
	Dl_info info;
	return dladdr((void *)api->init, &info) ? info.dli_fname : NULL;
}

static void *tj_new(tj_api *api) { return api->init(); }
static void tj_free(tj_api *api, void *handle) { api->destroy(handle); }

// tj_run returns 0, or 1 for damage that was decoded around, or -1.
static int tj_run(tj_api *api, void *handle, const unsigned char *jpeg, unsigned long size,
		unsigned char *dst, int width, int height, int bytes, int format, int flags) {
	if (api->decompress(handle, jpeg, size, dst, width, width * bytes, height, format, flags) == 0) return 0;
	return api->code(handle) == 0 ? 1 : -1;
}

static const char *tj_message(tj_api *api, void *handle) { return api->error(handle); }
*/
import "C"

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"sync"
	"unsafe"
)

// turboJPEG decodes with libjpeg-turbo. It is safe for concurrent use.
type turboJPEG struct {
	api     C.tj_api
	handles sync.Pool // of *turboHandle: a handle serves one call at a time
}

// turboHandle owns a decompressor of the library until it is collected.
type turboHandle struct{ ptr unsafe.Pointer }

// openTurboJPEG finds libjpeg-turbo through the system's loader, or returns nil.
func openTurboJPEG() *turboJPEG {
	t := &turboJPEG{}
	for _, name := range turboNames() {
		if t.open(name) {
			return t
		}
	}
	return nil
}

// turboNames gives the library's file names: of the interface's version 0,
// which is the one declared above.
func turboNames() []string {
	if runtime.GOOS == "darwin" {
		return []string{"libturbojpeg.0.dylib", "libturbojpeg.dylib"}
	}
	return []string{"libturbojpeg.so.0"}
}

func (t *turboJPEG) open(name string) bool {
	cname := C.CString(name)
	defer C.free(unsafe.Pointer(cname))
	return C.tj_open(&t.api, cname) == 1
}

// version reads "libjpeg-turbo" and its version out of the library's file,
// since the interface has no call for it.
func (t *turboJPEG) version() string {
	const name, mark = "libjpeg-turbo", "libjpeg-turbo version "
	path := C.tj_path(&t.api)
	if path == nil {
		return name
	}
	library, err := os.ReadFile(C.GoString(path))
	if err != nil {
		return name
	}
	_, rest, _ := bytes.Cut(library, []byte(mark))
	version := rest[:max(0, bytes.IndexAny(rest[:min(len(rest), 32)], " \x00"))]
	if len(version) == 0 {
		return name
	}
	return name + " " + string(version)
}

// Flags of the library (TJFLAG_FASTUPSAMPLE, TJFLAG_FASTDCT): chroma is repeated, not interpolated,
// and the inverse DCT is less accurate.
const fastFlags = 256 | 2048

// decode fills img, whose mode comes from the header of data and whose size is the header's, or
// with fast a fraction of it that the library scales to. Damage that the library decodes around is
// no error, as it is none for Pillow.
func (t *turboJPEG) decode(img *raster, data []byte, fast bool) error {
	flags := C.int(0)
	if fast {
		flags = fastFlags
	}
	h, err := t.handle()
	if err != nil {
		return err
	}
	defer t.handles.Put(h)
	// The call holds the handle, so the message is still this call's.
	rc := C.tj_run(&t.api, h.ptr, (*C.uchar)(unsafe.SliceData(data)), C.ulong(len(data)),
		(*C.uchar)(unsafe.SliceData(img.pix)), C.int(img.width), C.int(img.height),
		C.int(img.mode.bytes()), turboFormat(img.mode), flags)
	if rc < 0 {
		return errors.New(C.GoString(C.tj_message(&t.api, h.ptr)))
	}
	return nil
}

// turboFormat gives the library's number (enum TJPF) for a mode.
func turboFormat(mode pixelMode) C.int {
	switch mode {
	case modeGray:
		return 6 // TJPF_GRAY
	case modeCMYK:
		return 11 // TJPF_CMYK
	}
	return 2 // TJPF_RGBX
}

// handle takes an idle decompressor or makes one.
func (t *turboJPEG) handle() (*turboHandle, error) {
	if h, ok := t.handles.Get().(*turboHandle); ok {
		return h, nil
	}
	ptr := C.tj_new(&t.api)
	if ptr == nil {
		return nil, errors.New("libjpeg-turbo cannot make a decompressor")
	}
	h := &turboHandle{ptr: ptr}
	api := t.api
	runtime.AddCleanup(h, func(ptr unsafe.Pointer) { C.tj_free(&api, ptr) }, ptr)
	return h, nil
}
