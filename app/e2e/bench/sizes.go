package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Budgets for the compressed WASM, in bytes.
const (
	pageBudget = 1_900_000
	coreBudget = 2_200_000
)

func sizes(context.Context) error {
	const dist = "web/dist"
	raw, err := os.ReadFile(filepath.Join(dist, "site.json"))
	if err != nil {
		return fmt.Errorf("%w (make build first)", err)
	}
	var site struct {
		Files []struct {
			Path string `json:"path"`
		} `json:"files"`
	}
	if err := json.Unmarshal(raw, &site); err != nil {
		return fmt.Errorf("read site.json: %w", err)
	}
	for _, f := range site.Files {
		if !strings.HasSuffix(f.Path, ".wasm") {
			continue
		}
		name := filepath.Join(dist, f.Path)
		plain, err := os.Stat(name)
		if err != nil {
			return err
		}
		small, err := os.Stat(name + ".br")
		if err != nil {
			return err
		}
		budget := pageBudget
		if strings.Contains(f.Path, "core") {
			budget = coreBudget
		}
		fmt.Printf("%-28s raw %6.2f MB   brotli %5.2f MB   %.2f of its budget\n",
			filepath.Base(f.Path), float64(plain.Size())/1e6, float64(small.Size())/1e6, float64(small.Size())/float64(budget))
	}
	return nil
}
