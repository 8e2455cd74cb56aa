package boltstore

import (
	"context"

	"go.etcd.io/bbolt"

	"github.com/throughline-cx/throughline/services/internal/fault"
)

// maxJobs bounds the writes that share one commit.
const maxJobs = 256

// job is one write. Writes that wait at the same time share a commit, so that a thousand first calls at once do not
// wait for a thousand disk syncs; one that comes alone is committed at once.
type job struct {
	do   func(*bbolt.Tx) error
	err  error
	done chan struct{}
}

// update runs a write and returns when it is on disk.
func (s *Store) update(ctx context.Context, do func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := &job{do: do, done: make(chan struct{})}
	select {
	case s.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.quit:
		return errClosed()
	}
	// From here on the write may happen, so its outcome is awaited.
	<-j.done
	return j.err
}

func (s *Store) view(ctx context.Context, read func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case <-s.quit:
		return errClosed()
	default:
	}
	return s.db.View(read)
}

// write is the one goroutine that writes.
func (s *Store) write() {
	for {
		select {
		case first := <-s.jobs:
			s.commit(s.drain(first))
		case <-s.quit:
			return
		}
	}
}

func (s *Store) drain(first *job) []*job {
	batch := []*job{first}
	for len(batch) < maxJobs {
		select {
		case j := <-s.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// commit runs all jobs in one transaction. A job that fails must not take the others with it: then each gets its own.
func (s *Store) commit(batch []*job) {
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for _, j := range batch {
			if err := j.do(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, j := range batch {
		j.err = err
		if err != nil && len(batch) > 1 {
			j.err = s.db.Update(j.do)
		}
		close(j.done)
	}
}

// Close waits for the write that is under way and closes the file.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.quit)
		s.writer.Wait()
		s.err = s.db.Close()
	})
	return s.err
}

func errClosed() error {
	return fault.New(fault.Unavailable, fault.ServerDraining, "the store is closed")
}
