package milvus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
)

const (
	// propertyAlive is the collection property that the holder of a lease changes every heartbeat.
	propertyAlive = "rollcall.alive"

	// A lease whose property stays as it is for leaseLost belongs to a process that is gone.
	heartbeat = 2 * time.Second
	leaseLost = 20 * time.Second
)

// lease keeps two processes from publishing under one name at once. It is an empty collection,
// NAME_publishing, whose description says who holds it: Milvus makes a collection once.
type lease struct {
	client     *Client
	collection string
	holder     holder
}

// errLeaseLost ends a publication that was taken for dead.
var errLeaseLost = errors.New("another process publishes under this name: this one had not been heard of for too long")

// holder is the description of a lease.
type holder struct {
	Token   string    `json:"publishing"`
	Process string    `json:"process"`
	Since   time.Time `json:"since"`
}

// holding does work while no other process publishes under the name. When it is another's turn, work's
// context ends.
func (c *Client) holding(ctx context.Context, name string, work func(context.Context, *lease) error) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	l := &lease{c, name + "_publishing", holder{rand.Text(), fmt.Sprintf("%d on %s", os.Getpid(), host), time.Now().UTC().Truncate(time.Second)}}
	if err := l.take(ctx); err != nil {
		return err
	}
	working, lost := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.keep(working, lost)
	}()
	err = work(working, l)
	if cause := context.Cause(working); cause != nil && err != nil {
		err = cause
	}
	lost(nil)
	<-done
	l.release(ctx)
	return err
}

// take waits for the lease until it is ours, or another process is seen at work.
func (l *lease) take(ctx context.Context) error {
	var last holding
	seen := time.Now()
	for {
		if err := l.create(ctx); err != nil {
			return err
		}
		now, err := l.look(ctx)
		switch {
		case err != nil:
			return err
		case now.Token == l.holder.Token:
			return nil
		case now.Token == "": // dropped meanwhile
		case now.Token == last.Token && now.alive != last.alive:
			return l.client.fail("publish", fmt.Errorf("process %s has been publishing under this name since %s: publish again when it is done", now.Process, now.Since))
		case now.Token != last.Token:
			seen = time.Now()
		case time.Since(seen) > leaseLost:
			if err := l.drop(ctx); err != nil {
				return err
			}
		}
		last = now
		if err := sleep(ctx, heartbeat/2); err != nil {
			return l.client.fail("publish", err)
		}
	}
}

// holding is what Milvus says about a lease.
type holding struct {
	holder
	alive string
}

// create makes the lease's collection. That there is one is no error: look says whose it is.
func (l *lease) create(ctx context.Context) error {
	text, err := json.Marshal(l.holder)
	if err != nil {
		return err
	}
	schema := entity.NewSchema().WithName(l.collection).WithDescription(string(text)).
		WithField(entity.NewField().WithName(fieldID).WithDataType(entity.FieldTypeInt64).WithIsPrimaryKey(true)).
		WithField(entity.NewField().WithName(fieldVector).WithDataType(entity.FieldTypeFloatVector).WithDim(2))
	return l.client.eventually(ctx, "create "+l.collection, func(ctx context.Context) error {
		err := l.client.sdk.CreateCollection(ctx, schema, 1, client.WithConsistencyLevel(entity.ClStrong))
		var refused *serverError
		if errors.As(err, &refused) {
			if now, lookErr := l.look(ctx); lookErr == nil && now.Token != "" {
				return nil
			}
		}
		return err
	})
}

// look reads who holds the lease; a zero holding when there is none.
func (l *lease) look(ctx context.Context) (now holding, err error) {
	var answer *entity.Collection
	err = l.client.eventually(ctx, "describe "+l.collection, func(ctx context.Context) (err error) {
		answer, err = l.client.sdk.DescribeCollection(ctx, l.collection)
		return err
	})
	if hasCode(err, codeCollectionNotFound) {
		return holding{}, nil
	}
	if err != nil {
		return holding{}, err
	}
	if err := json.Unmarshal([]byte(answer.Schema.Description), &now.holder); err != nil || now.Token == "" {
		return holding{}, l.client.fail("collection "+l.collection, fmt.Errorf("%w, and its name is needed: publish under another name, or drop that collection", errNotOurs))
	}
	now.alive = answer.Properties[propertyAlive]
	return now, nil
}

// keep shows that this process is alive until ctx ends, and ends the work when the lease is gone.
func (l *lease) keep(ctx context.Context, lost context.CancelCauseFunc) {
	for beat := 0; ; beat++ {
		alive := property{propertyAlive, strconv.Itoa(beat)}
		once, cancel := context.WithTimeout(ctx, leaseLost/2)
		err := l.client.sdk.AlterCollection(once, l.collection, alive)
		cancel()
		if hasCode(err, codeCollectionNotFound) && ctx.Err() == nil {
			lost(l.client.fail("publish", errLeaseLost))
			return
		}
		// A server that is away is the load's to wait for; who holds the lease then, check says.
		if sleep(ctx, heartbeat) != nil {
			return
		}
	}
}

// check is an error when another process has taken the lease.
func (l *lease) check(ctx context.Context) error {
	now, err := l.look(ctx)
	if err == nil && now.Token != l.holder.Token {
		return l.client.fail("publish", errLeaseLost)
	}
	return err
}

// release drops the lease if it is ours, also after Ctrl-C. One that cannot be dropped in time ends
// with its time.
func (l *lease) release(ctx context.Context) {
	limit := l.client.timeout
	if ctx.Err() != nil {
		limit = time.Second
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	if l.check(ctx) == nil {
		_ = l.drop(ctx)
	}
}

func (l *lease) drop(ctx context.Context) error {
	return l.client.eventually(ctx, "drop "+l.collection, func(ctx context.Context) error {
		return l.client.sdk.DropCollection(ctx, l.collection)
	})
}
