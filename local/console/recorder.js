// A voice or a picture for a form: from the microphone, the camera, or a file.

import { button, el, freshId, span } from "./dom.js";

/** What browsers record, best first; the server knows a recording by its bytes. */
const SOUNDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
const LONGEST_MS = 120_000;

/** A part of a form that holds one file, or none. `kind` is `audio` or `image`. */
export function filePart(kind, describedBy) {
  const id = freshId(kind);
  const chosen = el("p", { class: "chosen", role: "status" });
  const input = el("input", {
    id, type: "file", accept: kind === "audio" ? "audio/*" : "image/*", "aria-describedby": describedBy,
    capture: kind === "image" ? "environment" : null,
    on: { change: () => take(input.files[0] ?? null) },
  });
  let file = null;
  let address = null;

  function take(next) {
    file = next;
    if (address) URL.revokeObjectURL(address);
    address = next ? URL.createObjectURL(next) : null;
    chosen.replaceChildren();
    if (!next) return;
    const preview = kind === "audio"
      ? el("audio", { controls: true, src: address, "aria-label": "What was chosen" })
      : el("img", { src: address, alt: `What was chosen: ${next.name}` });
    chosen.append(preview, ` ${next.name}, ${Math.ceil(next.size / 1024)} KB `, button("Remove", clear));
  }

  function clear() {
    input.value = "";
    take(null);
  }

  const parts = [input];
  if (kind === "audio") parts.push(recordButton(take, chosen));
  if (kind === "image") parts.push(button("Draw a prescription", async () => take(await drawnPrescription())));
  return { id, node: el("div", { class: "file" }, ...parts, chosen), file: () => file, clear, focus: () => input.focus() };
}

function recordButton(take, notes) {
  let recorder = null;
  const record = button("Record", () => (recorder ? recorder.stop() : start()));

  async function start() {
    if (!navigator.mediaDevices?.getUserMedia || !globalThis.MediaRecorder) {
      notes.textContent = "This browser does not record here: open the page on localhost, or choose a file.";
      return;
    }
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      notes.textContent = "The microphone was not given. Allow it, or choose a file.";
      return;
    }
    const type = SOUNDS.find((one) => MediaRecorder.isTypeSupported(one));
    const pieces = [];
    const began = Date.now();
    recorder = new MediaRecorder(stream, type ? { mimeType: type } : {});
    const tick = setInterval(() => { record.textContent = `Stop (${span(Date.now() - began)})`; }, 200);
    const limit = setTimeout(() => recorder?.stop(), LONGEST_MS);
    recorder.ondataavailable = (event) => pieces.push(event.data);
    recorder.onstop = () => {
      clearInterval(tick);
      clearTimeout(limit);
      for (const track of stream.getTracks()) track.stop();
      const plain = (recorder.mimeType || "audio/webm").split(";")[0];
      take(new File(pieces, `voice.${plain.split("/")[1]}`, { type: plain }));
      recorder = null;
      record.textContent = "Record";
    };
    recorder.start();
    record.textContent = "Stop";
  }
  return record;
}

/** Something to send where no camera is at hand. */
function drawnPrescription() {
  const canvas = document.createElement("canvas");
  canvas.width = 480;
  canvas.height = 320;
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#fdfcf5";
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.fillStyle = "#1f3a5f";
  ink.font = "bold 44px Georgia, serif";
  ink.fillText("℞", 28, 64);
  ink.font = "22px Georgia, serif";
  ["Amoxicillin 500 mg", "one capsule, three times a day", "for seven days"].forEach((line, number) => {
    ink.fillText(line, 40, 130 + number * 44);
  });
  return new Promise((resolve) => {
    canvas.toBlob((blob) => resolve(new File([blob], "prescription.png", { type: "image/png" })), "image/png");
  });
}
