# 骨干 gugan. `make` alone prints this help: one line per target, taken from the comments after ##.
# Set-up speaks on standard error only, so that the last line of standard output is the command's own.

BASE ?= python3
PY   := .venv/bin/python
SYNC  = @command -v $(BASE) >/dev/null || { echo "没有找到 $(BASE);需要 Python 3.11 以上 / $(BASE) not found; Python 3.11 or newer is needed" >&2; exit 1; }; \
        $(BASE) requirements/sync.py
LOCK  = .venv/bin/uv pip compile -q --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo serve test check bench bench-engine fuzz pictures lock clean
MAKEFLAGS += --no-print-directory

help:
	@echo "骨干 gugan · make <目标 target>"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do printf '  %-8s %s\n' "$$name" "$$text"; done

setup: ## 建立 .venv 并安装依赖 / create .venv, install what gugan needs (BASE=/path/to/python3.12)
	$(SYNC) runtime >&2
	@$(PY) requirements/assets.py

setup-dev:
	$(SYNC) dev >&2
	@$(PY) requirements/assets.py

demo: setup ## 蓬江区示范并在 127.0.0.1:8000 查看;CHECK=1 只核算不启动 / the demo, served; CHECK=1 computes, prints JSON, ends
	@exec .venv/bin/gugan demo $(if $(filter-out 0,$(CHECK)),--check)

serve: setup ## 启动已有的数据库 / serve the database that is there
	@exec .venv/bin/gugan serve

test: setup-dev ## 全部测试,SQLite 与 PostgreSQL / the whole suite on both (DB=sqlite, ARGS="-k roster")
	@exec $(PY) -m tests.both $(DB) -- $(ARGS)

check: setup-dev ## 格式、类型、楼层、政策包 / lint, types, floors, packs, locks
	@exec $(PY) -m tests.checks

bench: setup-dev ## 速度 / speed: set-up, the month's run at 1,214 and 12,140 people
	@exec $(PY) -m bench

bench-engine: setup-dev ## 引擎成列核算的速度,对照手写;ROWS=1000000 / the engine over columns, against the same pack by hand
	@PYTHONPATH=src exec $(PY) -m bench.engine $(if $(ROWS),--rows $(ROWS))

fuzz: setup-dev ## 两种读法逐格对照,FUZZ=10 倍久 / every cell of every reading against the interpreter, FUZZ times as long
	@FUZZ=$(or $(FUZZ),10) exec $(PY) -m pytest -q tests/policy/test_agree.py tests/policy/test_scale.py

pictures: setup-dev ## 重做 README 的图 / make the README's pictures again, from the demo in Chromium
	@exec $(PY) -m tests.browser.pictures

lock: setup-dev ## 重新锁定依赖;UPGRADE=1 取最新 / lock the dependencies again; UPGRADE=1 takes the newest
	@$(LOCK) requirements/runtime.in -o requirements/runtime.txt
	@$(LOCK) -c requirements/runtime.txt requirements/dev.in -o requirements/dev.txt
	@$(LOCK) requirements/node.in -o requirements/node.txt
	@! grep -nE 'https?://|file:|^ *--(extra-)?index|^ *--find' requirements/*.txt

clean: ## 删除 .venv 和缓存,不动 var/ / remove .venv and caches; var/ stays
	@rm -rf .venv .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .coverage htmlcov build dist src/*.egg-info
	@find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
