// A cell and a line in words: for tooltips, and for screen readers.

const CG_VERBS = { bind: "made by", former: "made by an earlier run of", change: "changed by", read: "read by", delete: "deleted by" };
const CG_WORDS = 32; // characters of a cell's first line beside its number
const CG_TOLD = 20; // lines of source that a resting pointer is told
const CG_LISTED = 8; // labels that are listed in full

// What a cell is called: the number beside it now and its first words. One that is not shown any more has no number.
export function cgNow(model, id) {
  const cell = model.cells.find((one) => one.id === id);
  const code = (cell ? cell.code : model.former[id] || "").replaceAll("`", "'");
  const words = code.length > CG_WORDS ? `${code.slice(0, CG_WORDS).trimEnd()}…` : code;
  const said = words ? `\`${words}\`` : "a deleted cell";
  return cell ? `${cell.label} ${words ? said : ""}`.trimEnd() : said;
}

export function cgCellSaid(looks, cell) {
  const words = (list) => list.map(([name, , stale]) => (stale ? `${name} in doubt` : name)).join(", ");
  const makes = cell.makes.length ? `, makes ${words(cell.makes)}` : "";
  const reads = cell.reads.length ? `, reads ${words(cell.reads)}` : "";
  return `cell ${cell.label}, ${looks[cell.state].word}: ${cell.code}${makes}${reads}`;
}

export function cgCellTold(looks, cell, source) {
  const reasons = cell.findings.map((finding) => `${finding.code} ${finding.message}`);
  return [`${cell.label} ${looks[cell.state].word}`, ...reasons, "", ...source.split("\n").slice(0, CG_TOLD)].join("\n");
}

// `df: made by [2] df = load(); read by [3], [5]; in doubt at [5]`
export function cgLineWords(model, line) {
  const label = ([row]) => model.cells[row].label;
  const listed = (marks) => (marks.length > CG_LISTED ? [...marks.slice(0, CG_LISTED - 1).map(label), `… ${label(marks.at(-1))}`] : marks.map(label)).join(", ");
  const parts = Object.entries(CG_VERBS).flatMap(([kind, verb]) => {
    const marks = line.marks.filter((mark) => mark[1] === kind);
    const code = marks.length === 1 && marks[0][0] === line.maker ? ` ${model.cells[line.maker].code}` : "";
    return marks.length ? [`${verb} ${listed(marks)}${code}`] : [];
  });
  const doubted = line.marks.filter((mark) => mark[2]);
  return `${line.name}: ${[...parts, ...(doubted.length ? [`in doubt at ${listed(doubted)}`] : [])].join("; ")}`;
}
