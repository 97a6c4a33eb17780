package report

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rollcall/internal/peers"

	"github.com/stretchr/testify/require"
)

// A real browser opens the page, sorts the first model's persons by count, largest first, and
// searches for one of them.
func TestTablesSortAndSearchInABrowser(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		peers.Absent(t, "a browser is not here: chromium")
	}
	const clicks = `<script>
const table = document.querySelector("table.sortable");
const head = Array.from(table.rows[0].cells).find((cell) => cell.textContent === "count");
head.click(); head.click();
document.title = "by count: " + Array.from(table.rows).slice(1).map((row) => row.cells[3].textContent).join(" ");
const box = document.querySelector("input[type=search]");
box.value = "P003"; box.dispatchEvent(new Event("input"));
document.title += "; found: " + Array.from(table.rows).slice(1).filter((row) => !row.hidden).map((row) => row.cells[0].textContent).join(" ");
</script></body>`
	page := rendered(t, HTML, audited(t, world(t, 8, 4, 4)))
	file := filepath.Join(t.TempDir(), "report.html")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(page, "</body>", clicks, 1)), 0o644))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file).Output()
	require.NoError(t, err)
	title := regexp.MustCompile(`<title>(by count.*?)</title>`).FindSubmatch(out)
	require.NotNil(t, title, "the script did not run to its end")
	// The members' counts are 1 2 5 10 25 50 1 2, the four non-members' 0.
	require.Equal(t, "by count: 50 25 10 5 2 2 1 1 0 0 0 0; found: p003", string(title[1]))
}
