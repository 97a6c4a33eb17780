// Package report renders an audit's stream, one format a file. Every rendering is made from the
// messages alone, so a stored stream gives the same report again, without model or photos.
package report
