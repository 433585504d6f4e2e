package api

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/fault"
)

// readyTime is how long a part may take to say that it works. Probes give up after about ten seconds.
const readyTime = 5 * time.Second

// GetHealth says that the program runs.
func (s *server) GetHealth(context.Context, contract.GetHealthRequestObject) (contract.GetHealthResponseObject, error) {
	return contract.GetHealth200JSONResponse{Status: contract.HealthStatusOk}, nil
}

// GetReadiness asks every part at once whether it works now. Who comes meanwhile gets the same answer: anybody may ask, as often as they
// like, and each look costs the database and the spool something.
func (s *server) GetReadiness(ctx context.Context, _ contract.GetReadinessRequestObject) (contract.GetReadinessResponseObject, error) {
	answer, err, _ := s.looks.Do("", func() (any, error) { return s.look(context.WithoutCancel(ctx)), nil })
	ready, _ := answer.(contract.GetReadinessResponseObject)
	return ready, err
}

func (s *server) look(ctx context.Context) contract.GetReadinessResponseObject {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	failures := make([]error, len(s.Parts))
	var wait sync.WaitGroup
	for i, part := range s.Parts {
		wait.Go(func() { failures[i] = part.Ready(ctx) })
	}
	wait.Wait()
	parts, ready := map[string]contract.HealthParts{}, true
	for i, part := range s.Parts {
		parts[part.Name] = contract.HealthPartsOk
		if failures[i] != nil {
			parts[part.Name], ready = contract.HealthPartsUnavailable, false
			s.Log.LogAttrs(ctx, slog.LevelWarn, "not ready", slog.String("part", part.Name), slog.Any("err", failures[i]))
		}
	}
	if !ready {
		return contract.GetReadiness503JSONResponse{Status: contract.HealthStatusUnavailable, Parts: &parts}
	}
	return contract.GetReadiness200JSONResponse{Status: contract.HealthStatusOk, Parts: &parts}
}

func (s *server) getContract(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Cache-Control", "public, max-age=300")
	_, _ = w.Write(s.Contract)
}

func (s *server) getAddIn(w http.ResponseWriter, r *http.Request) {
	if !s.AddIn.Serve(w, r) {
		s.problem(w, r, fault.New(fault.NotFound, "no_such_file", fault.Sentence{
			DA: "Tilføjelsesprogrammet har ingen sådan fil.",
			EN: "The add-in has no such file.",
		}, nil))
	}
}
