"""The style sheet of panels and their pictures. Colours come from JupyterLab's theme, with light colours as a fallback."""

STYLE = """<style>
.kit-panel, .kit-static, .kit-twin { --ink: var(--jp-ui-font-color1, #1f2328); --soft: var(--jp-ui-font-color2, #57606a);
 --line: var(--jp-border-color2, #d8dee4); --tint: var(--jp-layout-color2, #f3f4f6); --mark: #d55e00;
 color: var(--ink); font: 13px/1.5 var(--jp-ui-font-family, system-ui, sans-serif); max-width: 1120px; outline: none; }
.kit-panel { padding: 6px 8px 8px; overflow: visible; }
.kit-panel:focus { outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: -2px; }
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
.kit-output { max-height: 380px; overflow: auto; border: 1px solid var(--line); border-radius: 4px; padding: 10px 12px; }
.kit-odd { font: 10px/1 monospace; border: 1px solid var(--line); border-radius: 3px; padding: 0 2px;
 color: var(--soft); unicode-bidi: isolate; direction: ltr; }
.kit-chip { display: inline-block; border: 1px solid var(--line); border-radius: 9px; padding: 0 8px;
 margin: 0 4px 2px 0; font-size: 12px; overflow-wrap: anywhere; }
.kit-flag { border-color: var(--mark); }
.kit-bang { color: var(--mark); }
.kit-missed { position: absolute; z-index: 1; top: 4px; right: 8px; max-width: 60%; background: var(--tint); }
.kit-missed [role=status] { border-left: 3px solid var(--mark); padding: 2px 10px; font-size: 12px; }
.kit-fields { display: grid !important; grid-template-columns: repeat(auto-fill, minmax(178px, 1fr)); gap: 2px 12px;
 margin: 2px 0; max-width: 860px; }
.kit-fields > * { width: auto !important; min-width: 0; margin: 2px 0; }
.kit-fields > .kit-double { grid-column: span 2; }
.kit-table.kit-auto { table-layout: auto; }
.kit-auto td:first-child { min-width: min(150px, 30cqw); overflow-wrap: anywhere; }
.kit-panel .kit-panel { padding: 0; }
.kit-wide { overflow-x: auto; }
.kit-near { margin: 0; padding-left: 18px; }
.kit-panel a, .kit-static a { color: var(--jp-content-link-color, #1565c0); text-decoration: underline; }
.kit-panel button.jupyter-button { width: auto; padding: 0 8px; font-size: 12px; }
.kit-table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: 13px; margin: 0; }
.kit-table th { text-align: left; font-weight: 600; font-size: 12px; color: var(--soft); }
.kit-table th, .kit-table td { padding: 3px 6px; border: 0; border-bottom: 1px solid var(--line); text-align: left;
 background: none; vertical-align: baseline; }
.kit-table td.kit-right { white-space: nowrap; }
.kit-table .kit-right { text-align: right !important; font-variant-numeric: tabular-nums; }
.kit-table tr[data-row] { cursor: pointer; }
.kit-table tr[data-row]:hover { background: var(--tint); }
.kit-table tr[aria-current=true] { background: var(--tint); box-shadow: inset 3px 0 var(--jp-brand-color1, #1976d2); }
.kit-open { all: unset; cursor: pointer; display: block; width: 100%; white-space: nowrap; overflow: hidden;
 text-overflow: ellipsis; unicode-bidi: isolate; }
.kit-open:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); }
.kit-link { all: unset; cursor: pointer; text-decoration: underline; overflow-wrap: anywhere; }
.kit-link:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); }
.kit-stats { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 8px 24px; margin: 6px 0; }
.kit-stats b { display: block; font-size: 17px; font-weight: 600; line-height: 1.3;
 font-variant-numeric: tabular-nums; }
.kit-stats span { display: block; color: var(--soft); font-size: 12px; }
.kit-pairs { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 0 28px; }
.kit-side { display: flex; flex-direction: column; min-width: 0; margin-top: 14px; }
.kit-side .kit-output { flex: 1; }
.kit-scroll { max-height: 260px; overflow: auto; margin-top: 6px; }
.kit-card { border-top: 1px solid var(--line); padding: 6px 0 8px; display: flex; gap: 10px; }
.kit-card > div { min-width: 0; }
.kit-card .kit-text { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.kit-card b.kit-text { -webkit-line-clamp: 2; }
.kit-legend { display: flex; flex-wrap: wrap; gap: 0 20px; font-size: 12px; color: var(--soft);
 font-variant-numeric: tabular-nums; }
.kit-still { min-height: 56px; }
.kit-small { display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr)); gap: 12px 24px; }
.kit-command { display: block; user-select: all; background: var(--tint); padding: 8px 12px; border-radius: 4px;
 font-family: var(--jp-code-font-family, monospace); overflow-wrap: anywhere; color: var(--ink); }
.kit-bar { height: 6px; border-radius: 3px; background: var(--line); overflow: hidden; }
.kit-bar i { display: block; height: 100%; background: #0072b2; }
.kit-chart { margin-top: 6px; }
.kit-chart svg { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.kit-chart[data-drag] { cursor: ew-resize; touch-action: none; }
.kit-lines { display: none; }
.kit-boxes i { height: 100% !important; opacity: 0; }
.kit-scale { border-top: 1px solid var(--line); font-size: 11px; color: var(--soft);
 font-variant-numeric: tabular-nums; }
.kit-others { fill-opacity: .5; }
.kit-on-candidates { opacity: .6; }
.kit-cut { stroke: currentColor; stroke-width: 1.5; }
[data-jp-theme-light=false] .kit-others { fill-opacity: .38; }
[data-jp-theme-light=false] .kit-kept { fill: #4db2f5; }
[data-jp-theme-light=false] .kit-on-kept { border-color: #4db2f5 !important; }
[data-jp-theme-light=false] .kit-on-candidates { opacity: .5; }
.kit-swatch { display: inline-block; width: 16px; vertical-align: middle; margin-right: 2px; }
.kit-body { display: grid !important; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 8px 20px;
 margin-top: 8px; width: 100%; overflow: visible !important; }
.kit-sided { grid-template-columns: minmax(0, 2fr) minmax(0, 5fr); }
.kit-listed .kit-table { font-size: 12px; }
.kit-listed .kit-table th, .kit-listed .kit-table td { padding: 3px 4px; }
.kit-listed td:not(:has(.kit-open)) { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.kit-listed, .kit-read { min-width: 0; overflow: visible !important; }
.kit-panel { container-type: inline-size; position: relative; }
@container (max-width: 820px) {
 .kit-body, .kit-sided { grid-template-columns: minmax(0, 1fr); }
 .kit-read { order: -1; }
}
.kit-act { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; margin-bottom: 6px; }
.kit-keys { display: flex; flex-wrap: wrap; gap: 4px; }
.kit-button { font: 12px/1 var(--jp-ui-font-family, system-ui, sans-serif); padding: 6px 5px; border-radius: 3px;
 cursor: pointer; border: 1px solid var(--line); background: var(--tint); color: var(--ink); }
.kit-button:hover:not(:disabled) { border-color: var(--soft); }
.kit-button:focus-visible, .kit-sort:focus-visible { outline: 2px solid var(--jp-brand-color1, #1976d2); }
.kit-button[aria-pressed=true] { border-color: var(--jp-brand-color1, #1976d2);
 box-shadow: inset 0 0 0 2px var(--jp-brand-color1, #1976d2); }
.kit-button:disabled { opacity: .45; cursor: default; }
.kit-note { flex: 1 1 160px; min-width: 0; font: 12px/1.4 var(--jp-ui-font-family, system-ui, sans-serif); padding: 4px 8px;
 border: 1px solid var(--line); border-radius: 3px; background: var(--jp-layout-color1, #fff); color: var(--ink); }
.kit-sort { all: unset; cursor: pointer; white-space: nowrap; }
.kit-sort:hover { color: var(--ink); }
.kit-why { color: var(--soft); }
.kit-why-kept, .kit-why-added { color: var(--ink); font-weight: 600; }
.kit-why-vetoed { color: var(--mark); font-weight: 600; }
.kit-label-good { color: var(--ink); }
.kit-label-bad { color: var(--mark); }
.kit-label-skip, .kit-label-note, .kit-label-unsure { color: var(--soft); }
.kit-done { border: 1px solid var(--line); border-radius: 4px; padding: 10px 14px; margin-top: 12px; }
.kit-done p { margin: 8px 0 0; }
.kit-told { min-height: 22px; }
.kit-told p { margin: 4px 0; }
.kit-no { border-left: 3px solid var(--mark); padding: 2px 10px; }
.kit-log { white-space: pre-wrap; font: 12px/1.4 var(--jp-code-font-family, monospace); background: var(--tint);
 padding: 8px 12px; border-radius: 4px; max-height: 160px; overflow: auto; }
.kit-help { margin-top: 8px; color: var(--soft); font-size: 12px; }
.kit-help summary { cursor: pointer; }
.kit-helped { display: grid; grid-template-columns: repeat(auto-fill, minmax(280px, 1fr)); gap: 2px 18px; padding: 6px 0; }
.kit-help kbd { border: 1px solid var(--line); border-radius: 3px; padding: 0 5px; margin-right: 4px; color: var(--ink);
 background: var(--tint); font: inherit; }
.kit-panel mark, .kit-static mark { background: #ffe08a; color: #1f2328; padding: 0; }
.kit-panel summary { cursor: pointer; }
.kit-busy { cursor: progress; }
.kit-busy:not(.jupyter-widgets-disconnected)::after { content: "the kernel is busy"; position: absolute; top: 6px; right: 4px;
 font-size: 12px; padding: 1px 8px; border-radius: 9px; background: var(--mark); color: #fff; }
.kit-panel.jupyter-widgets-disconnected::before { content: "The kernel of this panel is gone. Run this cell again; what you \
labelled is on the disk."; display: block; font: 600 13px/1.5 var(--jp-ui-font-family, system-ui, sans-serif);
 color: var(--ink);
 border-left: 3px solid var(--mark); padding: 2px 10px; margin-bottom: 8px; }
.kit-panel.jupyter-widgets-disconnected > * { opacity: .55; }
.kit-panel .jupyter-widgets-disconnected::before { content: none; }
.jp-OutputArea-child:has(.kit-twin):has(+ .jp-OutputArea-child .kit-panel) { display: none; }
.jp-OutputArea-child:has(.kit-twin) + .jp-OutputArea-child:has(> [data-mime-type="application/vnd.jupyter.widget-view+json"])
:not(:has(.kit-panel)) { display: none; }
</style>"""
