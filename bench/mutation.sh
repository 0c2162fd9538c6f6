#!/bin/sh
# Mutation testing of central/rules, in a copy: bench/mutation.sh [FOLDER]
#
# Changes the rules in some thousand small ways and runs their tests against each. It takes about half an
# hour on two cores and prints the mutants that no test noticed; docs/rules.md judges them. A FOLDER that is
# there already goes on where it stopped; what lived through it is tried again, for the tests may be sharper
# than they were, and their dice fall otherwise. Look at one mutant with: FOLDER/venv/bin/mutmut show NAME
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
work=${1:-$(mktemp -d)}
[ -x "$work/venv/bin/mutmut" ] || {
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet mutmut pytest pytest-timeout hypothesis
}

mkdir -p "$work/tree/central" "$work/tree/tests/central" "$work/tree/docs"
cd "$work/tree"
touch central/__init__.py tests/__init__.py tests/central/__init__.py
rm -rf central/rules tests/central/rules mutants/tests
cp -r "$root/central/rules" central/
cp -r "$root/tests/central/rules" tests/central/
cp "$root/docs/rules.md" docs/
# The command belongs to the command line, and starts processes.
rm tests/central/rules/test_explain_command.py
# A mutant that lives is run against everything; fewer examples decide nearly as well.
sed -i 's/max_examples=[0-9]*/max_examples=30/' tests/central/rules/test_*.py
cat > setup.cfg <<CONFIG
[mutmut]
source_paths=central/
pytest_add_cli_args_test_selection=tests/
also_copy=docs/
CONFIG

mutmut=$work/venv/bin/mutmut
"$mutmut" run --max-children 2 > ../run.log 2>&1 || true
lived=$("$mutmut" results | sed -nE 's#^ *(.*): (survived|not checked)$#\1#p')
# shellcheck disable=SC2086 # one name a word
[ -z "$lived" ] || "$mutmut" run --max-children 2 $lived > ../run.log 2>&1 || true
tr '\r' '\n' < ../run.log | grep 🎉 | tail -n 1
"$mutmut" results
