package retriever_test

import (
	"context"
	"fmt"
	"os"
	"strings"

	"rollcall/retriever"
)

// lines is a caption source of one caption a line.
type lines string

func (l lines) Captions(_ context.Context, visit func(retriever.CaptionRow) error) error {
	row := int64(0)
	for line := range strings.Lines(string(l)) {
		if err := visit(retriever.CaptionRow{Row: row, Caption: strings.TrimSpace(line)}); err != nil {
			return err
		}
		row++
	}
	return nil
}

// A roster is counted in captions, with the evidence for each mention.
func Example() {
	roster, err := retriever.ReadRoster(strings.NewReader("name,aliases\nT.J. Thyne,\nJörg Pilawa,Pilawa\n"), "roster.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	captions := lines("TJ Thyne's new film\nThyne, T. J. at a gala\nJorg Pilawa, host\nPILAWA\nT.J. and Thyne\n")
	out := retriever.NewEvidenceCSV(os.Stdout)
	mentions, err := retriever.CountMentions(context.Background(), captions, roster, retriever.MentionOptions{
		Evidence: func(m retriever.Mention) error { return out.Write(retriever.MentionEvidence(roster, m)) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := out.Close(); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mentions.Rows, "rows")
	if err := retriever.WriteCountsCSV(os.Stdout, retriever.Counts(roster, mentions, nil)); err != nil {
		fmt.Println(err)
	}
	// Output:
	// kind,id,name,row,key,alias,start,end,similarity,reference,group,hash,left,top,width,height,caption,url,image_path
	// mention,T.J._Thyne,T.J. Thyne,0,,T.J. Thyne,0,8,,,,,,,,,TJ Thyne's new film,,
	// mention,T.J._Thyne,T.J. Thyne,1,,T.J. Thyne,0,11,,,,,,,,,"Thyne, T. J. at a gala",,
	// mention,Jörg_Pilawa,Jörg Pilawa,2,,Jörg Pilawa,0,11,,,,,,,,,"Jorg Pilawa, host",,
	// mention,Jörg_Pilawa,Jörg Pilawa,3,,Pilawa,0,6,,,,,,,,,PILAWA,,
	// 5 rows
	// id,name,mentions,mentions_distinct,images,faces,mention_and_face,estimate,low,high,exact,homonym,mode
	// T.J._Thyne,T.J. Thyne,2,2,,,,2,2,2,true,false,strict
	// Jörg_Pilawa,Jörg Pilawa,2,2,,,,2,2,2,true,false,strict
}
