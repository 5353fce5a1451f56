// Package outside connects to servers of the internet, and to nothing else: not
// to this machine, its network, the cloud's metadata service, or whatever else an
// address can lead to that somebody made a name or a URL point at. What is let
// through is decided by the very address that is dialled.
package outside
