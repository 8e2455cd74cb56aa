package projector

import (
	"context"

	"go.opentelemetry.io/otel/metric"
)

// observe registers what can be seen of the view from outside: how far it is behind the log, how old it is, and how much
// of it is in memory.
func (p *Projector) observe() error {
	if p.o.Meter == nil {
		return nil
	}
	m := p.o.Meter.Meter("github.com/throughline-cx/throughline/services/context/internal/projector")
	lag, err := m.Int64ObservableGauge("throughline.context.follower.lag",
		metric.WithUnit("{event}"), metric.WithDescription("Events of the log that are not applied yet."))
	if err != nil {
		return err
	}
	age, err := m.Float64ObservableGauge("throughline.context.view.age",
		metric.WithUnit("s"), metric.WithDescription("Time since the view was last known to be complete."))
	if err != nil {
		return err
	}
	customers, err := m.Int64ObservableGauge("throughline.context.cache.customers",
		metric.WithUnit("{customer}"), metric.WithDescription("Customers in memory."))
	if err != nil {
		return err
	}
	bytes, err := m.Int64ObservableGauge("throughline.context.cache.size",
		metric.WithUnit("By"), metric.WithDescription("Estimated size of the customers in memory."))
	if err != nil {
		return err
	}
	_, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(lag, p.Lag())
		if at := p.completeAt.Load(); at != 0 {
			o.ObserveFloat64(age, float64(p.o.Now().UnixNano()-at)/1e9)
		}
		o.ObserveInt64(customers, p.cache.count.Load())
		o.ObserveInt64(bytes, p.cache.bytes.Load())
		return nil
	}, lag, age, customers, bytes)
	return err
}

// Lag returns how many events of the log are known to be not applied yet.
func (p *Projector) Lag() int64 {
	f := &p.follower
	f.mu.Lock()
	defer f.mu.Unlock()
	var n int64
	for shard, head := range f.heads {
		n += max(head-f.at[shard], 0)
	}
	return n
}

// CachedBytes returns the estimated size of the customers in memory.
func (p *Projector) CachedBytes() int64 { return p.cache.bytes.Load() }
