# One service on its way to a cluster; the workflows in .github/ run these targets and nothing else. What the variables mean: .ci/release.
export SERVICE REGISTRY DIGEST NAMESPACE VALUES SIGNER

.PHONY: system-libraries changed image image-bill image-name tag-check registry-login publish sign verify kubeconfig deploy rollback

system-libraries: ## Debian packages that the embedded MongoDB needs (root)
	@$(PYTHON) ops/install.py --system-libraries

changed: ## Which parts of tests/ a change concerns: make changed BASE=origin/main
	@echo "parts=$$($(PYTHON) .ci/changed.py "$$BASE")"

image: ## Build one image: make image SERVICE=leads
	@docker/build "$${SERVICE:?}"

image-bill: ## What is inside one image: build/bills/leads.cdx.json
	@docker/build --bills "$${SERVICE:?}"

image-name:
	@.ci/release name

tag-check:
	@.ci/release version

registry-login:
	@.ci/release login

publish: ## Push one image and note its digest: make publish SERVICE=leads REGISTRY=registry.example.com
	@.ci/release publish

sign: ## Sign the pushed image and its bill of materials (needs cosign)
	@.ci/release sign

verify: ## Was this image signed by our release? (needs cosign)
	@.ci/release verify

kubeconfig:
	@.ci/release kubeconfig

deploy: charts ## Install or upgrade one service; a failed upgrade is undone: make deploy SERVICE=leads VALUES=production.yaml
	@.ci/release deploy

rollback: $(CHARTS)/installed ## Back to the version before: make rollback SERVICE=leads
	@.ci/release rollback
