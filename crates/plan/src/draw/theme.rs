//! The colours, light and dark, as the stylesheet inside the SVG.
//!
//! Spelled out for both, without CSS variables, which some viewers of SVG do not
//! know. Every colour of text and lines has a contrast of 4.5 or more against
//! what it lies on.

/// The viewer's own sans font.
const FONT: &str = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', \
                    'Liberation Sans', 'DejaVu Sans', Arial, sans-serif";

struct Colours {
    paper: &'static str,
    frame: &'static str,
    frame_edge: &'static str,
    card: &'static str,
    card_edge: &'static str,
    ink: &'static str,
    soft: &'static str,
    client: &'static str,
    internal: &'static str,
    admin: &'static str,
    foreign: &'static str,
    upkeep: &'static str,
}

const LIGHT: Colours = Colours {
    paper: "#fdfbf6",
    frame: "#f4efe3",
    frame_edge: "#d8ccb0",
    card: "#ffffff",
    card_edge: "#cbbfa6",
    ink: "#1c2733",
    soft: "#566070",
    client: "#1d5fae",
    internal: "#13724a",
    admin: "#7a35b5",
    foreign: "#a84b05",
    upkeep: "#667080",
};

const DARK: Colours = Colours {
    paper: "#0f161d",
    frame: "#16202a",
    frame_edge: "#2d3c4b",
    card: "#1e2a36",
    card_edge: "#3b4c5e",
    ink: "#e9eef3",
    soft: "#a5b3c2",
    client: "#6fb4ff",
    internal: "#5ed096",
    admin: "#cda2ff",
    foreign: "#ffab5c",
    upkeep: "#98a5b4",
};

/// The content of the `<style>` element.
pub(super) fn style() -> String {
    format!(
        "text{{font-family:{FONT}}}\
         .b{{font-weight:600}}\
         .halo,.l,.hit{{fill:none;stroke-linejoin:round}}\
         .halo{{stroke-width:4}}\
         .hit{{stroke:transparent;stroke-width:9}}\
         .l{{stroke-width:1.6}}\
         .upkeep .l{{stroke-dasharray:5 3}}\
         .box{{stroke-width:1}}\
         .bus:hover .l{{stroke-width:3}}\
         svg:has(.bus:hover) .bus:not(:hover){{opacity:.25}}\
         a:hover .card,a:hover .chip{{stroke-width:2.5}}\
         {}@media(prefers-color-scheme:dark){{{}}}",
        LIGHT.rules(),
        DARK.rules()
    )
}

impl Colours {
    fn rules(&self) -> String {
        let Self { paper, frame, frame_edge, card, card_edge, ink, soft, .. } = self;
        let mut rules = format!(
            "text{{fill:{ink}}}text.soft{{fill:{soft}}}.paper{{fill:{paper}}}\
             .frame{{fill:{frame};stroke:{frame_edge}}}.card{{fill:{card};stroke:{card_edge}}}\
             .chip{{fill:{frame};stroke:{frame_edge}}}\
             .halo{{stroke:{paper}}}.box{{fill:{paper}}}\
             .rose{{fill:{soft}}}.rose.thin{{fill:none;stroke:{soft}}}\
             .strip.head{{fill:{ink}}}.strip.site{{fill:{}}}.strip.clients{{fill:{}}}\
             .strip.other{{fill:{}}}",
            self.internal, self.client, self.foreign
        );
        for (class, colour) in [
            ("client", self.client),
            ("internal", self.internal),
            ("admin", self.admin),
            ("foreign", self.foreign),
            ("upkeep", self.upkeep),
        ] {
            rules += &format!(
                ".{class} .l,.{class} .box{{stroke:{colour}}}\
                 .{class} .tip,text.{class}{{fill:{colour}}}"
            );
        }
        rules
    }
}
