// Reads a list of documents and prints, for each, what its kind's model has against it, or null. Argument: node_modules.
import { readFileSync } from "node:fs";

const MODELS = {
  "external-secrets.io": "external-secrets",
  "gateway.networking.k8s.io": "gateway-api",
  "monitoring.coreos.com": "prometheus-operator",
  "networking.istio.io": "istio",
  "security.istio.io": "istio",
};

async function complaint(document) {
  const group = document.apiVersion.split("/")[0];
  const folder = `${process.argv[2]}/@kubernetes-models/${MODELS[group]}`;
  const models = await import(`${folder}/${document.apiVersion}/index.js`);
  try {
    new models[document.kind](document).validate();
    return null;
  } catch (error) {
    return `${document.kind} ${document.metadata.name}: ${error.message}`;
  }
}

const documents = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(await Promise.all(documents.map(complaint))));
