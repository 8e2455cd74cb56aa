package domain

import (
	"sync/atomic"
	"time"
)

// Stats tells how the writer is doing, for metrics. Counters count from the start
// of the process.
type Stats struct {
	QueuedEvents, QueuedBytes int
	Commits, FailedCommits    int64
	Requests                  int64 // that were part of a commit
	Events                    int64 // newly stored
	CommitTime                time.Duration
	Followers                 int64
}

// Stats returns how the writer is doing.
func (l *Log) Stats() Stats {
	held := l.queue.depth()
	return Stats{
		QueuedEvents: held.events, QueuedBytes: held.bytes,
		Commits: l.stats.commits.Load(), FailedCommits: l.stats.failed.Load(),
		Requests: l.stats.requests.Load(), Events: l.stats.events.Load(),
		CommitTime: time.Duration(l.stats.nanos.Load()),
		Followers:  l.hub.followers.Load(),
	}
}

type counters struct {
	commits, failed, requests, events, nanos atomic.Int64
}

func (c *counters) add(requests, events int, took time.Duration, err error) {
	c.commits.Add(1)
	if err != nil {
		c.failed.Add(1)
	}
	c.requests.Add(int64(requests))
	c.events.Add(int64(events))
	c.nanos.Add(int64(took))
}
