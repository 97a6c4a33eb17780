package indexer

import "context"

// send gives v to the next stage, unless the run ends first.
func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// receive calls each for everything that the stage before sends, until it is done, each fails or
// the run ends.
func receive[T any](ctx context.Context, from <-chan T, each func(T) error) error {
	for {
		select {
		case v, ok := <-from:
			if !ok {
				return nil
			}
			if err := each(v); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// closing runs done when the stage ended well.
func closing(err error, done func()) error {
	if err == nil {
		done()
	}
	return err
}
