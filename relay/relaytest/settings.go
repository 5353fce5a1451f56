package relaytest

import "ferry/relay/internal/config"

// NoSandbox is an Options.Config of a relay whose gateway has no sandbox, as far
// as the relay is told.
func NoSandbox(c *config.Config) { c.Sandbox = config.Off }

// Regions is an Options.Config with the countries that the gateway adds or takes
// away; they count from its next start.
func Regions(regions *[]string) func(*config.Config) {
	return func(c *config.Config) { c.Regions = *regions }
}
