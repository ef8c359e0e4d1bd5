//! A script and every module that it needs, in one file: on a slow network each further request costs a round trip.
//!
//! Nothing is rewritten but imports and exports, and only comments and indentation are left out, so what runs is what
//! stands in the modules. They keep to one form (tests hold them to it): imports on one line each, comments on lines of their
//! own or as a cast `/** @type ... */`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// Finds a module by its number and runs it the first time it is asked for.
const LOADER: &str = "const sources=[],loaded=[];\n\
                      function use(n){if(!loaded[n]){loaded[n]={};sources[n](loaded[n])}return loaded[n]}\n";

/// What a reader of the file should know.
const NOTE: &str = "// Made of the modules beside it, comments left out. They are served under their own names too.\n";

/// `start` and what it imports, directly or not, as one module. Paths are those of the repository; a module that is only
/// imported when it is needed stays outside. `at` is the path under which the file is served, `exports` what it hands out of what `start` does.
pub(super) fn bundle(start: &str, at: &str, exports: &str, text_of: impl Fn(&str) -> Option<&'static str>) -> String {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::from([(start.to_owned(), 0)]);
    let mut open = vec![start.to_owned()];
    let mut out = format!("{NOTE}{LOADER}");
    while let Some(path) = open.pop() {
        let Some(text) = text_of(&path) else { continue };
        let module = Module::read(text, &path, at);
        for other in &module.imports {
            if !numbers.contains_key(other) {
                numbers.insert(other.clone(), numbers.len());
                open.push(other.clone());
            }
        }
        // Writing to a String cannot fail.
        let number = |path: &str| numbers.get(path).copied().unwrap_or_default();
        let _ = writeln!(out, "sources[{}]=(out)=>{{", number(&path));
        out.push_str(&module.give(true));
        for line in &module.lines {
            let _ = match line {
                Line::Import { names, path } => writeln!(out, "const {names}=use({});", number(path)),
                Line::Code(code) => writeln!(out, "{code}"),
            };
        }
        out.push_str(&module.give(false));
        out.push_str("};\n");
    }
    let _ = writeln!(out, "export const {{{exports}}}=use(0);");
    out
}

/// One module, taken apart.
#[derive(Default)]
struct Module {
    lines: Vec<Line>,
    imports: BTreeSet<String>,
    /// Functions are there before the first line runs, so modules that need each other find them.
    functions: Vec<String>,
    others: Vec<String>,
}

enum Line {
    Import { names: String, path: String },
    Code(String),
}

impl Module {
    fn read(text: &str, path: &str, at: &str) -> Self {
        let mut module = Self::default();
        for line in without_comments(text) {
            if let Some((names, other)) = imported(&line) {
                let other = resolve(path, other);
                module.imports.insert(other.clone());
                module.lines.push(Line::Import { names: names.to_owned(), path: other });
            } else if let Some(names) = line.strip_prefix("export {").and_then(|rest| rest.strip_suffix("};")) {
                module.others.extend(names.split(',').map(|name| name.trim().to_owned()));
            } else if let Some(code) = line.strip_prefix("export ") {
                module.exports(code);
                module.lines.push(Line::Code(code.to_owned()));
            } else {
                module.lines.push(Line::Code(outside(&line, path, at)));
            }
        }
        module
    }

    fn exports(&mut self, code: &str) {
        let is_function = code.starts_with("function ") || code.starts_with("async function ");
        let words = ["async ", "function ", "const ", "class "];
        let name = words.iter().fold(code, |rest, word| rest.strip_prefix(word).unwrap_or(rest));
        let name = name.split(|sign: char| !sign.is_ascii_alphanumeric() && !"_$".contains(sign)).next();
        let list = if is_function { &mut self.functions } else { &mut self.others };
        list.extend(name.map(ToOwned::to_owned));
    }

    /// Hands out what the module exports: its functions at its beginning, everything else at its end.
    fn give(&self, is_beginning: bool) -> String {
        let names = if is_beginning { &self.functions } else { &self.others };
        if names.is_empty() { String::new() } else { format!("Object.assign(out,{{{}}});\n", names.join(",")) }
    }
}

/// `import {names} from 'path';`
fn imported(line: &str) -> Option<(&str, &str)> {
    let (names, rest) = line.strip_prefix("import ")?.split_once(" from '")?;
    Some((names, rest.strip_suffix("';")?))
}

/// Leads an `import('./x.js')` in the middle of a line from the bundle's own address to the module that stays outside.
fn outside(line: &str, path: &str, at: &str) -> String {
    let Some((before, rest)) = line.split_once("import('") else { return line.to_owned() };
    let Some((other, after)) = rest.split_once('\'') else { return line.to_owned() };
    let up = "../".repeat(at.matches('/').count());
    format!("{before}import('{up}{}'{after}", resolve(path, other))
}

/// The path that `relative` means in the module at `path`.
fn resolve(path: &str, relative: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The lines that hold code, without indentation.
fn without_comments(text: &str) -> Vec<String> {
    let mut is_inside = false;
    let mut lines = Vec::new();
    for line in text.lines().map(str::trim) {
        if is_inside {
            is_inside = !line.contains("*/");
        } else if line.starts_with("/*") && !line.contains("*/") {
            is_inside = true;
        } else if !line.is_empty() && !line.starts_with("//") {
            let code = without_casts(line);
            if !code.trim().is_empty() {
                lines.push(code);
            }
        }
    }
    lines
}

/// The line without `/** ... */`.
fn without_casts(line: &str) -> String {
    let mut code = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("/** ") {
        let Some((_, after)) = after.split_once("*/") else { break };
        code.push_str(before);
        rest = after.trim_start();
    }
    code.push_str(rest);
    code
}

#[cfg(test)]
mod tests {
    use super::bundle;

    fn module(path: &str) -> Option<&'static str> {
        Some(match path {
            "a/web/start.js" => {
                "// @ts-check\nimport { twice, NAME } from '../../b/one.js';\n\n/** Says. @param {string} x */\nexport function say(x) {\n  return /** @type {string} */ (twice(x)) + NAME;\n}\nsay('http://');\n"
            }
            "b/one.js" => {
                "/*\n * import { no } from './no.js';\n */\nimport { three } from './two.js';\nconst NAME = `a\n b`;\nexport async function twice(x) { return three(x) }\nexport const OTHER = 1;\nexport { NAME };\nconst late = async () => await import('./late.js');\n"
            }
            "b/two.js" => "import { twice } from './one.js';\nexport function three(x) { return x + twice.name }\n",
            _ => return None,
        })
    }

    #[test]
    fn modules_come_together_in_one_and_the_late_one_stays_outside() {
        let made = bundle("a/web/start.js", "a/web/all.js", "say", module);
        for part in [
            "sources[0]=(out)=>{\nObject.assign(out,{say});\nconst { twice, NAME }=use(1);\nfunction say(x) {\nreturn (twice(x)) + NAME;\n}\nsay('http://');\n};",
            "Object.assign(out,{twice});\nconst { three }=use(2);\nconst NAME = `a\nb`;",
            "await import('../../b/late.js')",
            "Object.assign(out,{OTHER,NAME});\n};",
            "const { twice }=use(1);",
        ] {
            assert!(made.contains(part), "{part}\nin\n{made}");
        }
        assert!(
            made.ends_with("export const {say}=use(0);\n") && !made.contains("no.js") && !made.contains("@ts-check")
        );
    }
}
