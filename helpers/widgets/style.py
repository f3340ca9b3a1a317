"""The style sheet of panels and static twins: colours come from JupyterLab's theme, with light ones to fall back to."""

STYLE = """<style>
.kit-panel, .kit-static { --ink: var(--jp-ui-font-color1, #1f2328); --soft: var(--jp-ui-font-color2, #57606a);
 --line: var(--jp-border-color2, #d8dee4); --tint: var(--jp-layout-color2, #f3f4f6); --mark: #d55e00;
 color: var(--ink); font: 13px/1.5 var(--jp-ui-font-family, system-ui, sans-serif); max-width: 1120px; outline: none; }
.kit-panel { padding: 4px 2px 8px; overflow: visible; }
.kit-panel:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: 2px; }
.kit-panel .widget-html, .kit-panel .widget-html-content { line-height: 1.5; overflow: visible; color: var(--ink);
 font-size: 13px; height: auto; }
.kit-panel .widget-html > .widget-html-content { width: 100%; min-width: 0; align-self: stretch; }
.kit-panel .widget-label { color: var(--soft); }
.kit-soft { color: var(--soft); }
.kit-num { font-variant-numeric: tabular-nums; }
.kit-head { font-size: 24px; line-height: 1.25; font-weight: 600; letter-spacing: -.01em; }
.kit-head small { font-size: 13px; font-weight: 400; color: var(--soft); letter-spacing: 0; }
.kit-title { font-size: 11px; font-weight: 600; color: var(--soft); letter-spacing: .05em; text-transform: uppercase;
 margin: 14px 0 4px; }
.kit-title:first-child { margin-top: 0; }
.kit-text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate; overflow: auto; contain: content; }
.kit-instruction { font-size: 17px; line-height: 1.4; font-weight: 600; max-height: 220px; }
.kit-output { max-height: 380px; border: 1px solid var(--line); border-radius: 4px; padding: 10px 12px; }
.kit-odd { font: 10px/1 monospace; border: 1px solid var(--line); border-radius: 3px; padding: 0 2px;
 color: var(--soft); unicode-bidi: isolate; direction: ltr; }
.kit-chip { display: inline-block; border: 1px solid var(--line); border-radius: 9px; padding: 0 8px;
 margin: 0 4px 2px 0; font-size: 12px; overflow-wrap: anywhere; }
.kit-flag { border-color: var(--mark); }
.kit-bang { color: var(--mark); }
.kit-fields { display: grid !important; grid-template-columns: repeat(auto-fill, minmax(178px, 1fr)); gap: 2px 12px;
 margin: 2px 0; max-width: 860px; }
.kit-fields > * { width: auto !important; min-width: 0; margin: 2px 0; }
.kit-fields > button { grid-column: span 2; justify-self: start; }
.kit-auto { table-layout: auto; }
.kit-auto td:first-child { min-width: 84px; overflow-wrap: anywhere; }
.kit-near { margin: 0; padding-left: 18px; }
.kit-panel a, .kit-static a { color: var(--jp-content-link-color, #1565c0); text-decoration: underline; }
.kit-panel button.jupyter-button { width: auto; padding: 0 8px; font-size: 12px; }
.kit-table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 13px; margin: 0; }
.kit-table th { text-align: left; font-weight: 600; font-size: 12px; color: var(--soft); }
.kit-table th, .kit-table td { padding: 3px 6px; border: 0; border-bottom: 1px solid var(--line); text-align: left;
 background: none; vertical-align: baseline; }
.kit-table .kit-right { text-align: right; font-variant-numeric: tabular-nums; }
.kit-table tr[data-row] { cursor: pointer; }
.kit-table tr[data-row]:hover { background: var(--tint); }
.kit-table tr[aria-current=true] { background: var(--tint); box-shadow: inset 3px 0 var(--jp-brand-color1, #1976d2); }
.kit-open { all: unset; cursor: pointer; display: block; width: 100%; white-space: nowrap; overflow: hidden;
 text-overflow: ellipsis; unicode-bidi: isolate; }
.kit-open:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); }
.kit-link { all: unset; cursor: pointer; text-decoration: underline; overflow-wrap: anywhere; }
.kit-link:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); }
.kit-stats { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 6px 0; }
.kit-stats b { display: block; font-size: 17px; font-weight: 600; line-height: 1.3;
 font-variant-numeric: tabular-nums; }
.kit-stats span { display: block; color: var(--soft); font-size: 12px; }
.kit-pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0 28px; }
.kit-side { display: flex; flex-direction: column; min-width: 0; margin-top: 14px; }
.kit-side .kit-output { flex: 1; }
.kit-scroll { max-height: 260px; overflow: auto; margin-top: 6px; }
.kit-card { border-top: 1px solid var(--line); padding: 6px 0 8px; }
.kit-card .kit-text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.kit-card b.kit-text { -webkit-line-clamp: 2; }
.kit-legend { display: flex; flex-wrap: wrap; gap: 0 20px; font-size: 12px; color: var(--soft); }
.kit-small { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 12px 24px; }
.kit-command { display: block; user-select: all; background: var(--tint); padding: 8px 12px; border-radius: 4px;
 font-family: var(--jp-code-font-family, monospace); overflow-wrap: anywhere; color: var(--ink); }
.kit-bar { height: 6px; border-radius: 3px; background: var(--line); overflow: hidden; }
.kit-bar i { display: block; height: 100%; background: #0072b2; }
.kit-panel svg, .kit-static svg { display: block; width: 100%; height: auto; }
.kit-panel svg text, .kit-static svg text { fill: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }
.kit-panel summary { cursor: pointer; }
</style>"""
