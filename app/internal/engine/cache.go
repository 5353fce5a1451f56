package engine

import "maps"

// cacheMax bounds how many rows of a kind stay in memory between turns. At the
// bound half of them are dropped, and read from the store when needed again.
const cacheMax = 512

// cache holds decoded rows that equal what the store has, or will have once
// the turn is committed.
type cache[K comparable, V any] struct{ rows map[K]V }

func newCache[K comparable, V any]() cache[K, V] { return cache[K, V]{rows: map[K]V{}} }

func (c cache[K, V]) get(k K) (V, bool) {
	v, ok := c.rows[k]
	return v, ok
}

func (c cache[K, V]) put(k K, v V) { c.rows[k] = v }

func (c cache[K, V]) drop(k K) { delete(c.rows, k) }

func (c cache[K, V]) trim() {
	if len(c.rows) > cacheMax {
		maps.DeleteFunc(c.rows, func(K, V) bool { return len(c.rows) > cacheMax/2 })
	}
}
