package simulator

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Transport returns an http.RoundTripper that calls the VPSie API without a socket. A connection that the simulator cuts is an
// error that wraps io.ErrUnexpectedEOF; a call that hangs ends with its context.
func (s *Simulator) Transport() http.RoundTripper { return transport{handler: s.api} }

type transport struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper. It returns when the handler does: every handler notices the end of the context.
func (t transport) RoundTrip(r *http.Request) (response *http.Response, err error) {
	request := r.Clone(r.Context())
	request.RemoteAddr = "192.0.2.1:1" // an address for documentation
	if request.Body == nil {
		request.Body = http.NoBody
	}
	defer func() { _ = request.Body.Close() }()
	defer func() {
		cause := recover()
		switch {
		case r.Context().Err() != nil:
			response, err = nil, r.Context().Err()
		case cause == http.ErrAbortHandler: //nolint:errorlint // compared as net/http does
			response, err = nil, fmt.Errorf("%s %s: connection cut: %w", r.Method, r.URL.Path, io.ErrUnexpectedEOF)
		case cause != nil:
			panic(cause)
		}
	}()
	answer := &recorder{header: http.Header{}}
	t.handler.ServeHTTP(answer, request)
	return answer.response(r), nil
}

// recorder collects an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *recorder) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) { w.status = status }

// Write implements http.ResponseWriter.
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }

func (w *recorder) response(r *http.Request) *http.Response {
	return &http.Response{
		Status:     http.StatusText(w.status),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        w.header,
		Body:          io.NopCloser(&w.body),
		ContentLength: int64(w.body.Len()),
		Request:       r,
	}
}
