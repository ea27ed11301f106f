// Passkeys on the account page. Without this script the password form works as ever.
(() => {
  const state = document.querySelector("[data-passkey-state]");
  const token = () => document.querySelector('input[name="__RequestVerificationToken"]')?.value ?? "";
  const say = text => { if (state) state.textContent = text; };

  async function post(path, body) {
    const answer = await fetch(`/account/passkeys${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", RequestVerificationToken: token() },
      body: JSON.stringify(body ?? {}),
    });
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      throw new Error([problem.detail, problem.remedy].filter(Boolean).join(" ") || "The server refused.");
    }
    return answer.status === 204 ? null : answer.json();
  }

  async function add() {
    const name = prompt("A name for this passkey, such as the device that keeps it:");
    if (!name) return;
    const options = PublicKeyCredential.parseCreationOptionsFromJSON(await post("/creation-options"));
    const credential = await navigator.credentials.create({ publicKey: options });
    await post("/", { credential: JSON.stringify(credential.toJSON()), name });
    say("The passkey was added.");
  }

  async function signIn() {
    const options = PublicKeyCredential.parseRequestOptionsFromJSON(await post("/request-options"));
    const credential = await navigator.credentials.get({ publicKey: options });
    await post("/sign-in", { credential: JSON.stringify(credential.toJSON()) });
    location.assign("/account");
  }

  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return;
  for (const button of document.querySelectorAll("[data-passkey]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      say("");
      try {
        await (button.dataset.passkey === "add" ? add() : signIn());
      } catch (failure) {
        say(failure.name === "NotAllowedError" ? "The browser stopped: no passkey was chosen." : failure.message);
      }
    });
  }
})();
