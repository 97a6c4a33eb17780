package auditor

// Winners holds the name that wins each photo and prompt of one person.
type Winners struct {
	Prompts int
	Names   []int32 // candidate index, photo by photo: Names[photo*Prompts+prompt]
}

// Photos is how many photos the winners come from.
func (w Winners) Photos() int { return len(w.Names) / w.Prompts }

// noWinner stands for a prompt without a unique most frequent name.
const noWinner = int32(-1)

// Ballot counts votes for names; it is scratch space, reused from prompt to prompt.
type Ballot struct {
	votes   []int32 // by candidate index, 0 between counts
	touched []int32 // names with votes
}

// NewBallot makes a ballot for a number of candidate names.
func NewBallot(names int) *Ballot { return &Ballot{votes: make([]int32, names)} }

// plurality is the name with the most votes, noWinner when several share first place.
func (b *Ballot) plurality() int32 {
	winner, most := noWinner, int32(0)
	for _, name := range b.touched {
		switch n := b.votes[name]; {
		case n > most:
			winner, most = name, n
		case n == most:
			winner = noWinner
		}
	}
	for _, name := range b.touched {
		b.votes[name] = 0
	}
	b.touched = b.touched[:0]
	return winner
}

func (b *Ballot) vote(name int32) {
	if b.votes[name] == 0 {
		b.touched = append(b.touched, name)
	}
	b.votes[name]++
}

// Plurality gives for each prompt the name that the photos elect: the unique most frequent winner
// over the photos, -1 where first place is shared (the prompt is then discarded, whoever shares
// it). photos are numbers of photos, nil for all.
func (b *Ballot) Plurality(w Winners, photos []int) []int32 {
	elected := make([]int32, w.Prompts)
	for p := range elected {
		if photos == nil {
			for x := range w.Photos() {
				b.vote(w.Names[x*w.Prompts+p])
			}
		}
		for _, x := range photos {
			b.vote(w.Names[x*w.Prompts+p])
		}
		elected[p] = b.plurality()
	}
	return elected
}

// Correct is how many prompts elect the name: the published attack calls a person a member when
// this is at least tau.
func (b *Ballot) Correct(w Winners, name int, photos []int) int {
	correct := 0
	for _, elected := range b.Plurality(w, photos) {
		if elected == int32(name) {
			correct++
		}
	}
	return correct
}
