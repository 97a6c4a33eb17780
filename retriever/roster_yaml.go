package retriever

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// readRosterYAML reads a list of persons, at the top or under the key "persons". A person is a
// mapping with the keys of the CSV's columns, aliases being a list or text separated by "|", or
// just a name.
func readRosterYAML(data []byte, b *rosterBuilder) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		b.fault(0, "it is not YAML: %v", err)
		return
	}
	if len(doc.Content) == 0 {
		return
	}
	list := doc.Content[0]
	if list.Kind == yaml.MappingNode && len(list.Content) == 2 && list.Content[0].Value == "persons" {
		list = list.Content[1]
	}
	if list.Kind != yaml.SequenceNode {
		b.fault(list.Line, "it must be a list of persons, at the top or under the one key \"persons\"")
		return
	}
	b.expect(len(list.Content))
	for _, n := range list.Content {
		switch n.Kind {
		case yaml.ScalarNode:
			b.add(n.Line, entry{name: n.Value})
		case yaml.MappingNode:
			if e, ok := yamlEntry(n, b); ok {
				b.add(n.Line, e)
			}
		default:
			b.fault(n.Line, "a person must be a name or a mapping with the key \"name\"")
		}
	}
}

func yamlEntry(n *yaml.Node, b *rosterBuilder) (e entry, ok bool) {
	ok = true
	seen := map[string]bool{}
	texts := map[string]*string{"id": &e.id, "name": &e.name, "sex": &e.sex, "member": &e.member, "count": &e.count}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		field, known := rosterField(key.Value)
		switch {
		case !known:
			b.warn(key.Line, "key %q is not known and is ignored", key.Value)
		case field == "":
		case seen[field]:
			b.fault(key.Line, "key %q appears twice", key.Value)
			ok = false
		case field == "aliases":
			e.aliases, ok = yamlAliases(value, b, ok)
		case value.Kind != yaml.ScalarNode:
			b.fault(value.Line, "%s must be a single value", field)
			ok = false
		case value.Tag != "!!null":
			*texts[field] = value.Value
		}
		seen[field] = true
	}
	return e, ok
}

func yamlAliases(n *yaml.Node, b *rosterBuilder, ok bool) ([]string, bool) {
	if n.Kind == yaml.ScalarNode {
		if n.Tag == "!!null" {
			return nil, ok
		}
		return strings.Split(n.Value, "|"), ok
	}
	var out []string
	for _, a := range n.Content {
		if n.Kind != yaml.SequenceNode || a.Kind != yaml.ScalarNode {
			b.fault(n.Line, "aliases must be a list of texts, or one text with \"|\" between them")
			return nil, false
		}
		out = append(out, a.Value)
	}
	return out, ok
}
