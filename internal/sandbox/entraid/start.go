package entraid

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Start serves a tenant at a free port of loopback, until stop. The base address is Authority.
func Start(c Config) (e *Entra, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("entraid: listening: %w", err)
	}
	c.Base = "http://" + listener.Addr().String()
	if e, err = New(c); err != nil {
		return nil, nil, errors.Join(err, listener.Close())
	}
	server := &http.Server{Handler: e.Handler(), ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		// Serve always ends in an error, and the only way for it to end is stop.
		_ = server.Serve(listener)
	}()
	stop = func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close()
		}
		<-ended
	}
	return e, stop, nil
}
