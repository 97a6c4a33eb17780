package indexer

// admitEmbedded takes a sample that brings its vectors along: nothing of it is encoded.
func (it *item) admitEmbedded(o Options) {
	s := &it.sample
	switch {
	case s.Err != nil:
		it.fail(StageRead, failureOf(s.Err, ReasonUnreadableFile))
	case o.Images && s.ImageVector == nil:
		it.fail(StageRead, Failf(ReasonNoImage, "the sample has no image vector"))
	case o.Texts && s.TextVector == nil:
		it.fail(StageRead, Failf(ReasonNoCaption, "the sample has no caption vector"))
	}
	if it.failure != nil {
		return
	}
	if o.Images {
		it.image = &content{asked: true, vector: s.ImageVector}
	}
	if o.Texts {
		it.caption = &content{asked: true, vector: s.TextVector}
	}
}
