package projector

// SignalAll signals all watches of a tenant, as a change of its dictionary does.
func SignalAll(t *Tenant) { t.watches.signal() }

// InMemory reports whether a customer is in memory.
func InMemory(t *Tenant, customer string) bool {
	s := t.p.cache.shard(customer)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.find(entryKey{t, customer}) != nil
}
