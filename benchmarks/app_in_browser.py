"""Check the page of the web app in headless Chromium, with simulated mouse and touch input."""

import shutil
from contextlib import contextmanager

import numpy as np
from drawn_digits import drawn_digits
from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.actions.pointer_input import PointerInput
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

WINDOWS = {"desktop": (1300, 850), "phone": (400, 800)}


@contextmanager
def page(url, window="desktop", scheme="light"):
    """Open the page; at the end, check that it is not too wide and has logged no error."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    options.add_argument("--headless=new")
    options.add_argument("--no-sandbox")  # containers often forbid it
    options.add_argument("--disable-dev-shm-usage")
    options.add_argument("--disable-gpu")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    driver.command_executor.client_config.timeout = 600  # on a busy machine
    try:
        width, height = WINDOWS[window]
        size = {"width": width, "height": height, "deviceScaleFactor": 1}
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", size | {"mobile": window == "phone"}
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        driver.get(url)
        yield driver
        overflow = driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"the page is {overflow} pixels too wide"
        # Chromium logs the status of every upload that the app refused.
        log = [entry for entry in driver.get_log("browser") if "/predict" not in entry["message"]]
        assert not log, log
    finally:
        driver.quit()


def draw(driver, strokes, kind="mouse"):
    """Draw strokes, given as fractions of the paper."""
    paper = driver.find_element(By.ID, "paper")
    side = paper.size["width"]
    pointer = PointerInput(kind, kind)
    actions = ActionChains(driver, duration=0, devices=[pointer])
    for stroke in strokes:
        offsets = np.rint(side * (stroke - 0.5)).astype(int).tolist()
        for number, (x, y) in enumerate(offsets):
            pointer.create_pointer_move(0, x, y, origin=paper)
            if number == 0:
                pointer.create_pointer_down(button=0)
        pointer.create_pointer_up(button=0)
    actions.w3c_actions.perform()


def answer(driver):
    """Wait for the answer; return its lines of text, of which the first is the digit or error."""
    status = driver.find_element(By.ID, "answer")
    WebDriverWait(driver, 60).until(lambda _: status.get_attribute("aria-busy") == "false")
    return status.text.split("\n")


def screenshot(driver, folder, name):
    if folder:
        driver.execute_script("document.getAnimations().forEach(animation => animation.finish())")
        driver.save_screenshot(str(folder / f"{name}.png"))


def check_page(url, folder, screenshots=None):
    """Draw with mouse and finger, open files, and clear the page."""
    _, _, three = next(drawing for drawing in drawn_digits() if drawing[0] == 3)
    for window in WINDOWS:
        for scheme in ("light", "dark"):
            with page(url, window, scheme) as driver:
                screenshot(driver, screenshots, f"{window}-{scheme}-empty")
                draw(driver, three, "touch" if window == "phone" else "mouse")
                assert answer(driver)[0] == "3", answer(driver)
                screenshot(driver, screenshots, f"{window}-{scheme}")
                bars = driver.find_elements(By.CSS_SELECTOR, "#bars li")
                assert [bar.text[0] for bar in bars] == list("0123456789")
                assert bars[3].get_attribute("class") == "best"
                driver.find_element(By.ID, "clear").click()
                assert answer(driver) == ["Waiting for a digit"]
    with page(url) as driver:
        file = driver.find_element(By.ID, "file")
        for name, expected in _files(folder).items():
            file.send_keys(str(folder / name))
            assert answer(driver)[0] == expected, (name, answer(driver))
            screenshot(driver, screenshots, f"file-{name}")
        draw(driver, three)  # replaces the file
        assert answer(driver)[0] == "3"


def _files(folder):
    """Write valid and invalid image files; return the expected answer to each."""
    image = Image.new("L", (300, 400), "white")
    image.paste("black", (140, 80, 165, 320))
    image.save(folder / "one.png")
    Image.new("L", (300, 400), "white").save(folder / "blank.png")
    (folder / "text.png").write_text("no image")
    (folder / "large.png").write_bytes(bytes(50_000_000))
    (folder / "page.html").write_text("<p>no image</p>")
    return {
        "one.png": "1",
        "blank.png": "No digit found: the image is blank.",
        "text.png": "The file is damaged, or it is not a PNG image.",
        "large.png": "The file is larger than 10 MB.",
        "page.html": "Send an image: PNG, JPEG, WEBP, GIF.",
    }


def draw_all(url, screenshots=None):
    """Draw every style of every digit with the mouse; count the correct predictions."""
    wrong = []
    n_digits = 0
    with page(url) as driver:
        clear = driver.find_element(By.ID, "clear")
        for digit, style, strokes in drawn_digits():
            clear.click()
            draw(driver, strokes)
            read = answer(driver)
            n_digits += 1
            if read[0] != str(digit):
                wrong.append({"digit": digit, "style": style, "read as": " ".join(read)})
                print(f"style {style} of {digit} is read as {' '.join(read)}", flush=True)
                screenshot(driver, screenshots, f"wrong-{digit}-{style}")
    return {"digits": n_digits, "right": n_digits - len(wrong), "wrong": wrong}
