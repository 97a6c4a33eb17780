package milvus

import (
	"context"
	"errors"
	"fmt"
	"path"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Codes of Milvus's answers that decide what happens next.
const (
	codeUnimplemented      = 10
	codeCollectionNotFound = 100
	codeIndex              = 700 // to 799: missing, unknown or a second one
	codeDatabaseNotFound   = 800
	codeParameters         = 1100 // to 1199
	codeCredentials        = 1400 // to 1499
	codeAliasNotFound      = 1600
)

// serverError is an answer of Milvus that says no.
type serverError struct {
	method string
	code   int32
	reason string
}

func (e *serverError) Error() string {
	return fmt.Sprintf("%s: %s (code %d)", e.method, e.reason, e.code)
}

// permanent says whether asking again cannot help.
func (e *serverError) permanent() bool {
	hundred := e.code / 100 * 100
	return e.code == codeUnimplemented || e.code == codeCollectionNotFound || e.code == codeDatabaseNotFound ||
		e.code == codeAliasNotFound || hundred == codeIndex || hundred == codeParameters || hundred == codeCredentials
}

// deadlineInterceptor bounds every call: a frozen server would otherwise hold its caller for ever.
func deadlineInterceptor(timeout time.Duration) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		limited, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		err := call(limited, method, req, reply, cc, opts...)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err() // not gRPC's own kind of cancellation
		case limited.Err() != nil:
			return status.Errorf(codes.DeadlineExceeded, "%s: no answer within %s", path.Base(method), timeout)
		}
		return err
	}
}

// statusInterceptor makes an error of every answer whose status is not success. The SDK looks at
// the old field alone, and at neither in some calls.
func statusInterceptor(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if err := call(ctx, method, req, reply, cc, opts...); err != nil {
		return err
	}
	var s *commonpb.Status
	switch r := reply.(type) {
	case *commonpb.Status:
		s = r
	case interface{ GetStatus() *commonpb.Status }:
		s = r.GetStatus()
	}
	return statusError(path.Base(method), s)
}

// statusError is nil for a success, and for an answer that carries no status.
func statusError(method string, s *commonpb.Status) error {
	//lint:ignore SA1019 servers of 2.3 still answer with the old code alone in some calls
	legacy := s.GetErrorCode()
	switch {
	case s.GetCode() != 0:
		return &serverError{method, s.GetCode(), s.GetReason()}
	case legacy == commonpb.ErrorCode_CollectionNotExists:
		return &serverError{method, codeCollectionNotFound, s.GetReason()}
	case legacy != commonpb.ErrorCode_Success:
		return &serverError{method, -int32(legacy), s.GetReason()}
	}
	return nil
}

// hasCode says whether err is an answer of Milvus with that code.
func hasCode(err error, code int32) bool {
	var e *serverError
	return errors.As(err, &e) && e.code == code
}

// tooLarge says whether err means that an answer was over the size limit of a message.
func tooLarge(err error) bool {
	return status.Code(err) == codes.ResourceExhausted
}
