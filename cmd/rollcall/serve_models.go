package main

import (
	"errors"
	"slices"

	"rollcall/auditor"
)

// withModels runs do with the model that embeds queries and those that audits take.
func (s *service) withModels(do func() error) error {
	dirs := slices.Concat(s.flags.audited, s.flags.references)
	if s.flags.model.dir != "" {
		dirs = append([]string{s.flags.model.dir}, dirs...)
	}
	if len(dirs) == 0 {
		return do()
	}
	models, err := s.startModels()
	if err != nil {
		return err
	}
	if err := s.load(models, dirs); err != nil {
		return errors.Join(err, models.close())
	}
	return errors.Join(do(), models.close())
}

// load opens the bundles: --model first, the references last.
func (s *service) load(models *models, dirs []string) error {
	for i, dir := range dirs {
		model, err := models.load(dir, s.flags.model)
		if err != nil {
			return err
		}
		if i == 0 && s.flags.model.dir != "" {
			s.model = model
		}
		next := audited(model, dir, dirs)
		next.Reference = i >= len(dirs)-len(s.flags.references)
		if slices.ContainsFunc(s.models, func(m auditor.Model) bool { return m.Name == next.Name }) {
			return usagef("two models are called %q: put one of them into a folder of another name", next.Name)
		}
		s.models = append(s.models, next)
	}
	return nil
}
