//! How the page looks: on screens in the colours of the chart, light and dark, and on
//! A4 in black on white, where what scrolls on a screen is printed whole.

/// Name, light, dark. Texts have a contrast of 4.5 or more against what they lie on.
const COLOURS: [(&str, &str, &str); 10] = [
    ("paper", "#fdfbf6", "#0f161d"),
    ("card", "#ffffff", "#16202a"),
    ("head", "#f4efe3", "#1e2a36"),
    ("edge", "#e4dac4", "#2d3c4b"),
    ("ink", "#1c2733", "#e9eef3"),
    ("soft", "#566070", "#a5b3c2"),
    ("link", "#1d5fae", "#6fb4ff"),
    ("warn", "#a84b05", "#ffab5c"),
    ("good", "#13724a", "#5ed096"),
    ("code", "#f4efe3", "#22303d"),
];

const PAGE: &str = "
*{box-sizing:border-box}
html{scroll-padding-top:3.5rem}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','Liberation Sans','DejaVu Sans',Arial,sans-serif;overflow-wrap:break-word}
header,.sheet{max-width:1680px;margin:0 auto;padding:0 clamp(1rem,2.5vw,2.5rem)}
header{padding-top:3rem}
header>p{margin:0;color:var(--soft);letter-spacing:.02em}
h1{margin:.2rem 0 1.5rem;font-size:2.1rem;line-height:1.2;text-wrap:balance}
h2{margin:0 0 .75rem;font-size:1.3rem;line-height:1.3}
h2 span{color:var(--soft);font-weight:400}
p,ul{margin:0 0 .6rem}
a{color:var(--link);text-underline-offset:.2em}
code{font:.86em/1.5 ui-monospace,'Cascadia Mono',Menlo,Consolas,'Liberation Mono','DejaVu Sans Mono',monospace;background:var(--code);border-radius:4px;padding:.1em .35em;overflow-wrap:anywhere;-webkit-box-decoration-break:clone;box-decoration-break:clone}
cite{color:var(--soft);font-style:normal;font-size:.86em;overflow-wrap:anywhere}
header dl{display:flex;flex-wrap:wrap;gap:1px;margin:0;background:var(--edge);border:1px solid var(--edge);border-radius:10px;overflow:hidden}
header div{flex:1 1 14rem;background:var(--card);padding:.75rem 1.1rem}
dt{color:var(--soft);font-size:.86rem}
dd{margin:.1rem 0 0;font-weight:600;overflow-wrap:anywhere}
nav{margin:2.5rem 0 0}
nav h2{font-size:1rem}
nav ul{list-style:none;padding:0;columns:15rem;column-gap:2rem;font-size:.92rem}
nav .pages{columns:auto;display:flex;flex-wrap:wrap;gap:0 1.5rem}
nav li{margin:0;break-inside:avoid;padding:.12rem 0}
nav a{text-decoration:none}
nav a:hover{text-decoration:underline}
small{color:var(--soft);font-size:.85em}
section{margin:3.25rem 0 0}
section>p{color:var(--soft);max-width:76ch}
#reading ul,#sources ul{padding-left:1.2rem;max-width:90ch}
li{margin:.25rem 0}
#before{background:var(--card);border:1px solid var(--edge);border-left:4px solid var(--good);border-radius:10px;padding:1.25rem 1.5rem 1.5rem}
#before>p{margin:0;color:var(--ink)}
#before:has(table){border-left-color:var(--warn)}
#before td:first-child{color:var(--warn);font-weight:600}
figure{margin:1rem 0 0;background:var(--paper);border:1px solid var(--edge);border-radius:10px;overflow:auto;max-height:1600px}
figure svg{display:block;width:100%;height:auto}
table{width:100%;table-layout:fixed;border-collapse:separate;border-spacing:0;border:1px solid var(--edge);border-radius:10px;background:var(--card);font-size:.9rem;line-height:1.5}
th{position:sticky;top:0;z-index:1;background:var(--head);text-align:left;font-weight:600;padding:.6rem .8rem;border-bottom:1px solid var(--edge)}
th:first-child{border-top-left-radius:9px}
th:last-child{border-top-right-radius:9px}
td{vertical-align:top;padding:.9rem .8rem;border-bottom:1px solid var(--edge)}
tr:last-child td{border-bottom:0}
td p:last-child{margin-bottom:0}
tr:target td{background:var(--head)}
.holes th:nth-child(1){width:6.6rem}
.holes th:nth-child(2){width:14%}
.holes th:nth-child(3){width:14%}
.holes th:nth-child(6){width:30%}
td code,td b,td cite{display:inline-block;max-width:100%}
.holes td:nth-child(5) code,.missing td:last-child code{background:none;padding:0}
.missing td:last-child code{display:block}
.holes th:nth-child(4){width:7rem}
.holes td:first-child a{display:block;font-weight:600;font-size:1.05rem;text-decoration:none}
.holes td:first-child code{background:none;padding:0;color:var(--soft);font-size:.78em}
.holes i{display:block;font-style:normal;font-size:.78rem;color:var(--soft);letter-spacing:.03em}
.holes td p{margin-bottom:.35rem}
.holes p+p:has(i){margin-top:.75rem}
.many{max-height:13rem;overflow:auto;border:1px solid var(--edge);border-radius:6px;padding:.4rem .5rem}
.missing th:nth-child(1){width:13rem}
.missing th:nth-child(2){width:11rem}
.missing th:nth-child(4){width:30%}
.corrections{margin-top:1rem}
.corrections th:first-child{width:22%}
.signed td{height:4.5rem}
.signed td+td{border-left:1px solid var(--edge)}
main{padding-bottom:5rem;min-width:0}
.part{content-visibility:auto;contain-intrinsic-size:auto 700px}
@media screen and (min-width:1500px){
.sheet{display:grid;grid-template-columns:15rem minmax(0,1fr);gap:3rem}
nav{position:sticky;top:0;max-height:100vh;overflow:auto;margin:0;padding:3.25rem 0 2rem}
nav ul{columns:auto}
nav .pages{display:block}
}
@media screen and (max-width:960px){
body{font-size:15px}
.holes thead{display:none}
.holes,.holes tbody,.holes tr,.holes td{display:block}
.holes tr{display:grid;grid-template-columns:1fr 1fr;gap:.2rem 1.5rem;padding:1rem;border-bottom:1px solid var(--edge)}
.holes tr:last-child{border-bottom:0}
.holes td{border:0;padding:.4rem 0;min-width:0}
.holes td:nth-child(1){order:1;display:flex;gap:.6rem;align-items:baseline}
.holes td:nth-child(4){order:2}
.holes td:nth-child(2){order:3}
.holes td:nth-child(3){order:4}
.holes td:nth-child(n+5){order:5}
.fewer td:nth-child(5){grid-column:1/-1}
.holes td:nth-child(2)::before,.holes td:nth-child(3)::before{display:block;color:var(--soft);font-size:.78rem;content:'Who'}
.holes td:nth-child(3)::before{content:'To whom'}
.missing{table-layout:auto}
.missing th{width:auto!important}
}
@media screen and (max-width:560px){
.holes tr{grid-template-columns:1fr}
.missing,.corrections{display:block;overflow-x:auto}
}
@media print{
@page{size:A4 landscape;margin:12mm}
html{font-size:12px}
body{background:#fff;font-size:9pt;line-height:1.4}
figure .paper{fill:none!important}
header{padding-top:0}
header,.sheet{max-width:none;padding:0}
nav{display:none}
h1{font-size:18pt}
h2{font-size:12pt;break-after:avoid}
section{margin-top:8mm}
section>p{break-after:avoid}
table{font-size:8pt;border-radius:0}
th{position:static;padding:1.5mm 2mm}
td{padding:1.6mm 2mm}
.holes td:first-child a{font-size:1em}
code{background:none;padding:0}
.holes i{display:inline}
.holes i::after{content:':'}
.holes p+p:has(i){margin-top:.4rem}
tr,header dl,#before,.signed{break-inside:avoid}
.many{max-height:none;overflow:visible;border:0;padding:0}
.part{content-visibility:visible}
.holes tr:has(.many){break-inside:auto}
#before:has(table){break-inside:auto}
#chart{break-inside:avoid}
figure{max-height:none;overflow:visible}
figure svg{max-height:150mm}
a{color:inherit;text-decoration:none}
}
";

/// The content of the `<style>` element.
pub(super) fn style() -> String {
    let colours = |which: fn(&(&str, &'static str, &'static str)) -> &'static str| {
        let colours = COLOURS.iter().map(|one| format!("--{}:{}", one.0, which(one)));
        colours.collect::<Vec<_>>().join(";")
    };
    let (light, dark) = (colours(|one| one.1), colours(|one| one.2));
    // Paper is white, whatever the screen was.
    format!(
        ":root{{color-scheme:light dark;{light}}}\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{PAGE}"
    )
}
