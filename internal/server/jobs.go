package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"rollcall/internal/server/state"
)

// work does a job. It reports where it stands as often as it likes, and keeps what it finds in the
// state database; of a job that does not end well nothing is kept.
type work func(ctx context.Context, job state.Job, at func(stage string, done, total int64)) error

// interruptedWhy is what a job says that the end of the service cut short.
const interruptedWhy = "the service stopped while this ran, and nothing of it was kept: start it again"

// keepTime bounds the writing of a job's end, which goes on when the service stops.
const keepTime = 10 * time.Second

// jobs runs long work, one job at a time: each uses all cores. What waits, and how all ended, is in
// the state database, so that no job is lost in silence.
type jobs struct {
	state *state.Store
	log   *slog.Logger
	works map[string]work
	wake  chan struct{}
	stop  context.CancelFunc
	ended sync.WaitGroup

	mu      sync.Mutex
	current state.Job // what runs, with its progress; the zero job when nothing does
	cancel  context.CancelCauseFunc
	changed chan struct{} // closed at the next change of any job
}

// errCancelled is the cause of a job's end when somebody asked for it.
var errCancelled = errors.New("cancelled")

// startJobs marks what an earlier process left running as interrupted, and begins to work off what
// waits. close stops it.
func startJobs(ctx context.Context, store *state.Store, log *slog.Logger, works map[string]work) (*jobs, error) {
	if err := store.InterruptRunning(ctx, interruptedWhy, time.Now()); err != nil {
		return nil, fmt.Errorf("state database: %w", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	j := &jobs{state: store, log: log, works: works, wake: make(chan struct{}, 1), stop: stop, changed: make(chan struct{})}
	j.ended.Go(func() { j.loop(ctx) })
	return j, nil
}

// close interrupts the job that runs and waits for it.
func (j *jobs) close() {
	j.stop()
	j.ended.Wait()
}

func (j *jobs) loop(ctx context.Context) {
	const retry = time.Second
	for ctx.Err() == nil {
		job, err := j.state.NextJob(ctx)
		if err == nil {
			err = j.run(ctx, job)
		}
		var again <-chan time.Time
		switch {
		case err == nil:
			continue
		case !errors.Is(err, state.ErrNotFound):
			if ctx.Err() == nil {
				j.log.Error("the state database does not answer", "error", err)
			}
			again = time.After(retry)
		}
		select {
		case <-j.wake:
		case <-again:
		case <-ctx.Done():
		}
	}
}

// run does one job and keeps how it ended. ErrNotFound: it was cancelled before it began.
func (j *jobs) run(ctx context.Context, job state.Job) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job.State, job.Started = state.Running, time.Now()
	if err := j.state.UpdateJob(ctx, state.Queued, job); err != nil {
		return err
	}
	j.set(job, cancel)
	err := j.attempt(ctx, job)
	j.mu.Lock()
	job = j.current
	j.mu.Unlock()
	job.Finished, job.State = time.Now(), state.Done
	switch {
	case err == nil:
	case errors.Is(context.Cause(ctx), errCancelled):
		job.State = state.Cancelled
	case ctx.Err() != nil:
		job.State, job.Error = state.Interrupted, interruptedWhy
	default:
		job.State, job.Error = state.Failed, err.Error()
	}
	err = j.keep(ctx, job)
	j.set(state.Job{}, nil)
	return err
}

// keep writes the end of a job, also while the service stops.
func (j *jobs) keep(ctx context.Context, job state.Job) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	if job.State != state.Done {
		if err := j.state.DiscardResults(ctx, job.ID); err != nil {
			return err
		}
	}
	return j.state.UpdateJob(ctx, state.Running, job)
}

// attempt does the work; a panic is this job's failure and not the service's end.
func (j *jobs) attempt(ctx context.Context, job state.Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			j.log.Error("a job panicked", "job", job.ID, "kind", job.Kind, "panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = errors.New(internalMessage)
		}
	}()
	do, known := j.works[job.Kind]
	if !known {
		return fmt.Errorf("this service cannot do a job of kind %q", job.Kind)
	}
	return do(ctx, job, func(stage string, done, total int64) {
		j.mu.Lock()
		defer j.mu.Unlock()
		j.current.Stage, j.current.Done, j.current.Total = stage, done, total
		j.tell()
	})
}

func (j *jobs) set(job state.Job, cancel context.CancelCauseFunc) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.current, j.cancel = job, cancel
	j.tell()
}

// tell wakes those who watch. The caller holds the lock.
func (j *jobs) tell() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// mostQueued bounds the jobs that wait: one client must not fill the disk with them.
const mostQueued = 100

// add keeps a new job, to be done in its turn.
func (j *jobs) add(ctx context.Context, kind string, request any) (state.Job, error) {
	text, err := json.Marshal(request)
	if err != nil {
		return state.Job{}, err
	}
	if waiting, err := j.state.Queued(ctx); err != nil || waiting >= mostQueued {
		full := &Error{Status: http.StatusServiceUnavailable, Message: "too many jobs are waiting: cancel some, or try again when some are done", RetryAfter: time.Minute}
		return state.Job{}, cmp.Or(err, error(full))
	}
	job, err := j.state.Enqueue(ctx, kind, string(text), time.Now())
	if err != nil {
		return job, err
	}
	select {
	case j.wake <- struct{}{}:
	default: // it is awake
	}
	return job, nil
}

// get gives a job as it stands, and a channel that is closed when anything changes.
func (j *jobs) get(ctx context.Context, id string) (state.Job, <-chan struct{}, error) {
	j.mu.Lock()
	current, changed := j.current, j.changed
	j.mu.Unlock()
	if current.ID == id && id != "" {
		return current, changed, nil
	}
	job, err := j.state.Job(ctx, id)
	return job, changed, err
}

// end cancels a job that waits or runs, and gives it as it then is. One that has ended stays so.
func (j *jobs) end(ctx context.Context, id string) (state.Job, error) {
	j.mu.Lock()
	if j.current.ID == id && j.cancel != nil {
		j.cancel(errCancelled)
	}
	j.mu.Unlock()
	for {
		job, changed, err := j.get(ctx, id)
		if err != nil || job.Ended() {
			return job, err
		}
		if job.State == state.Queued {
			job.State, job.Finished = state.Cancelled, time.Now()
			if err := j.state.UpdateJob(ctx, state.Queued, job); !errors.Is(err, state.ErrNotFound) {
				return job, err
			}
			j.mu.Lock() // it began meanwhile
			if j.current.ID == id && j.cancel != nil {
				j.cancel(errCancelled)
			}
			j.mu.Unlock()
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return job, ctx.Err()
		}
	}
}
