// Package store keeps things.
package store

import (
	"errors"
	"sync"
)

// ErrMissing says that a key is unknown.
var ErrMissing = errors.New("missing")

const (
	small = 1
	large = 2
)

// Store is a map with a lock.
type Store[K comparable] struct {
	mu   sync.Mutex
	data map[K]string
}

// Getter reads.
type Getter interface {
	Get(key string) (string, error)
}

// New makes one.
func New() *Store[string] {
	return &Store[string]{}
}

// Get returns the value of a key.
func (s *Store[K]) Get(key K) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data[key], nil
}

func (Store[K]) Name() string { return "store" }
