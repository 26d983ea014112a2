// An OpenID provider on loopback, with a form to sign in: node oidc_provider.mjs PACKAGES SETTINGS.json
// PACKAGES is the folder that `make browser` fills; SETTINGS holds port, clientId, clientSecret, redirectUri and
// users (password by e-mail address).
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, file] = process.argv.slice(2);
const { port, clientId, clientSecret, redirectUri, users } = JSON.parse(readFileSync(file, "utf8"));
const installed = createRequire(join(packages, "node_modules", "x.cjs")).resolve("oidc-provider");
const { Provider } = await import(pathToFileURL(installed));

const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["only for tests"] },
  pkce: { required: () => false },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, email) => ({ accountId: email, claims: () => ({ sub: email, email, email_verified: true }) }),
  loadExistingGrant: async (ctx) => {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const form = `<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,"><form method="post">
<label>E-mail <input name="email" type="email"></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in</button></form></html>`;

async function signIn(request, response) {
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/html" }).end(form);
    return;
  }
  const body = [];
  for await (const part of request) body.push(part);
  const given = new URLSearchParams(Buffer.concat(body).toString());
  const email = given.get("email");
  if (!Object.hasOwn(users, email) || users[email] !== given.get("password")) {
    response.writeHead(403).end("Unknown address or wrong password");
    return;
  }
  await provider.interactionFinished(request, response, { login: { accountId: email } });
}

const callback = provider.callback();
createServer((request, response) => {
  if (request.url.startsWith("/interaction/")) return signIn(request, response);
  return callback(request, response);
}).listen(port, "127.0.0.1", () => console.log(`listening on ${issuer}`));
