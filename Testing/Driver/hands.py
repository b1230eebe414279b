"""A user's hands on the panel: one random action at a time, and what must hold after each.

Only the module's widget, `qt` and `slicer` are used, so that the same hands play on the stand-in and in the application.
"""

import os
import random
import time
import traceback

CHOOSERS = {
    "volume": "vtkMRMLScalarVolumeNode",
    "givenSegmentation": "vtkMRMLSegmentationNode",
    "region": "vtkMRMLMarkupsROINode",
    "cutPlane": "vtkMRMLMarkupsPlaneNode",
    "seeds": "vtkMRMLMarkupsFiducialNode",
    "escape": "vtkMRMLMarkupsFiducialNode",
    "avoid": "vtkMRMLMarkupsFiducialNode",
    "label_at": "vtkMRMLMarkupsFiducialNode",
}
STEPS = ("scan", "anatomy", "model", "print", "files")


class Answers:
    """The panel's dialogs, answered at once."""

    def __init__(self, hands):
        self.hands = hands

    def folder(self, title, start):
        chosen = self.hands.chance.choice(("", self.hands.folder))
        if chosen and title == "Folder for the files":
            self.hands.output = chosen
        return chosen

    def file(self, title, filters):
        return ""

    def confirm(self, title, text):
        return self.hands.chance.random() < 0.5

    def choose(self, title, text, items):
        return self.hands.chance.randrange(-1, len(items))

    def install(self, packages):
        return ""

    def open_file(self, path):
        pass

    def copy(self, text):
        pass

    def nothing_to_choose(self):
        pass


SELDOM = ("do_close_scene", "do_import", "do_reload", "do_save", "do_delete_several", "do_choose_none")
OFTEN = ("do_add", "do_choose", "do_delete_chosen", "do_click", "do_tick", "do_combo")
# They leave the panel or start whole walks; steps are run by actions of their own.
SLOW = ("runAll", "openEditor", "scanRun", "anatomyRun", "modelRun", "printRun", "filesRun", "openReport", "harden")
RUNS = 0.1


class Hands:
    """`widget_of()` is the module's widget as it is now; `reload()` reloads the module, `enter()` and `leave()` show
    another module and this one again.
    """

    def __init__(self, seed, folder, widget_of, reload, enter, leave):
        self.chance = random.Random(seed)
        self.folder, self.widget_of = folder, widget_of
        self.reload, self.enter, self.leave = reload, enter, leave
        self.faults, self.done = [], []
        self.chosen = dict.fromkeys(CHOOSERS)  # what was chosen in each chooser, by the hands alone
        self.output = ""
        self.saved = os.path.join(folder, "saved.mrml")
        self._answer()

    # -- the panel -----------------------------------------------------------------------------------------------------

    @property
    def panel(self):
        return self.widget_of().panel

    def _answer(self):
        self.panel.dialogs = Answers(self)

    def chooser(self, name):
        steps = self.panel.steps
        return {
            "volume": lambda: steps["scan"].volume,
            "givenSegmentation": lambda: steps["anatomy"].given,
            "region": lambda: steps["anatomy"].region,
            "cutPlane": lambda: steps["print"].plane,
            "seeds": lambda: steps["anatomy"].seeds.widget,
            "escape": lambda: steps["print"].escape.widget,
            "avoid": lambda: steps["print"].avoid.widget,
            "label_at": lambda: steps["print"].label_at.widget,
        }[name]()

    def controls(self, kind):
        """Enabled controls of the panel of one class, by name: the attributes of panel and steps, and what these hold."""
        found = {}

        def look(holder, depth):
            values = holder.values() if isinstance(holder, dict) else vars(holder).values()
            for value in list(values):
                if isinstance(value, dict) and depth < 2:
                    look(value, depth + 1)
                name = getattr(value, "objectName", None)
                class_name = getattr(value, "className", None)
                if isinstance(name, str) and name and callable(class_name) and class_name() == kind and value.enabled:
                    found[name] = value

        look(self.panel, 1)
        for view in self.panel.steps.values():
            look(view, 1)
            for part in ("findings",):
                if hasattr(view, part):
                    look(getattr(view, part), 2)
        return [found[name] for name in sorted(found)]

    # -- actions -------------------------------------------------------------------------------------------------------

    def action_slot(self):
        """One action; False where something is wrong after it."""
        import slicer

        names = sorted(name for name in dir(self) if name.startswith("do_"))
        weights = [6 if name in OFTEN else 1 if name in SELDOM else 2 for name in names]
        name = self.chance.choices(names, weights)[0]
        self.done.append(name)
        try:
            getattr(self, name)()
            slicer.app.processEvents()
            self.check()
        except Exception:
            self.faults.append(traceback.format_exc())
        return not self.faults

    def do_add(self):
        import slicer

        kind = self.chance.choice(list(CHOOSERS.values()))
        node = slicer.mrmlScene.AddNewNodeByClass(kind, f"Random{len(self.done)}")
        if node.IsA("vtkMRMLMarkupsFiducialNode"):
            node.AddControlPoint(float(len(self.done)), 1.0, 2.0)
        elif node.IsA("vtkMRMLMarkupsROINode"):
            node.SetSize(float(len(self.done)), 10.0, 10.0)

    def do_add_cube(self):
        import numpy as np
        import slicer
        import vtk
        from vtk.util.numpy_support import numpy_to_vtk

        grey = np.full((20, 24, 24), -1000, np.int16)
        grey[2:-2, 2:-2, 2:-2] = 40
        grey[5:14, 6:18, 6:18] = 1200
        image = vtk.vtkImageData()
        image.SetDimensions(24, 24, 20)
        image.GetPointData().SetScalars(numpy_to_vtk(grey.ravel(), deep=True))
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", f"Cube{len(self.done)}")
        node.SetAndObserveImageData(image)

    def _nodes(self, kind):
        import slicer

        count = slicer.mrmlScene.GetNumberOfNodesByClass(kind)
        nodes = [slicer.mrmlScene.GetNthNodeByClass(index, kind) for index in range(count)]
        return [node for node in nodes if not node.GetHideFromEditors()]

    def do_choose(self):
        name = self.chance.choice(list(CHOOSERS))
        nodes = self._nodes(CHOOSERS[name])
        if nodes:
            node = self.chance.choice(nodes)
            self.chosen[name] = node
            self.chooser(name).setCurrentNode(node)

    def do_choose_none(self):
        name = self.chance.choice(list(CHOOSERS))
        self.chosen[name] = None
        self.chooser(name).setCurrentNode(None)

    def do_move_point(self):
        nodes = self._nodes("vtkMRMLMarkupsFiducialNode")
        if nodes:
            self.chance.choice(nodes).AddControlPoint(self.chance.uniform(-50.0, 50.0), 0.0, 0.0)

    def do_delete(self):
        import slicer

        nodes = [node for kind in sorted(set(CHOOSERS.values())) for node in self._nodes(kind)]
        if nodes:
            slicer.mrmlScene.RemoveNode(self.chance.choice(nodes))

    def do_delete_chosen(self):
        import slicer

        nodes = [node for node in (self.chooser(name).currentNode() for name in CHOOSERS) if node is not None]
        if nodes:
            slicer.mrmlScene.RemoveNode(self.chance.choice(nodes))

    def do_delete_several(self):
        import slicer

        kind = self.chance.choice(list(CHOOSERS.values()))
        nodes = self._nodes(kind)
        slicer.mrmlScene.StartState(slicer.mrmlScene.BatchProcessState)
        for node in self.chance.sample(nodes, min(3, len(nodes))):
            slicer.mrmlScene.RemoveNode(node)
        slicer.mrmlScene.EndState(slicer.mrmlScene.BatchProcessState)

    def do_close_scene(self):
        import slicer

        slicer.mrmlScene.Clear(0)
        self.output = ""

    def do_save(self):
        import slicer

        slicer.mrmlScene.SetURL(self.saved)
        slicer.mrmlScene.Commit(self.saved)

    def do_import(self):
        import slicer

        if os.path.isfile(self.saved):
            slicer.mrmlScene.Clear(0)
            slicer.mrmlScene.SetURL(self.saved)
            slicer.mrmlScene.Import()
            # What the saved scene says was chosen then.
            parameters = self.panel.parameters if self.panel.state is not None else None
            self.chosen, self.output = dict.fromkeys(CHOOSERS), ""
            if parameters is not None:
                self.chosen["volume"], self.chosen["givenSegmentation"] = parameters.volume, parameters.given
                self.output = str(parameters.output or "")

    def do_reload(self):
        self.reload()
        self._answer()

    def do_leave_and_enter(self):
        self.leave()
        self.enter()

    def do_click(self):
        buttons = [button for button in self.controls("QPushButton") if button.objectName not in SLOW]
        if buttons:
            self.chance.choice(buttons).click()

    def do_tick(self):
        boxes = self.controls("QCheckBox")
        if boxes:
            box = self.chance.choice(boxes)
            box.checked = not box.checked

    def do_combo(self):
        boxes = [box for box in self.controls("QComboBox") if box.count]
        if boxes:
            box = self.chance.choice(boxes)
            box.currentIndex = self.chance.randrange(box.count)

    def do_number(self):
        boxes = [*self.controls("QDoubleSpinBox"), *self.controls("QSpinBox")]
        if boxes:
            box = self.chance.choice(boxes)
            value = self.chance.uniform(float(box.minimum), float(box.maximum))
            box.value = value if box.className() == "QDoubleSpinBox" else int(value)

    def do_line(self):
        import qt

        lines = self.controls("QLineEdit")
        if lines:
            line = self.chance.choice(lines)
            line.text = self.chance.choice(("", "Left", "2026-07-14", "250x210x210", "nothing that is a size"))
            for kind in (qt.QEvent.KeyPress, qt.QEvent.KeyRelease):
                qt.QApplication.sendEvent(line, qt.QKeyEvent(kind, qt.Qt.Key_Return, qt.Qt.NoModifier))

    def do_fold(self):
        """Steps, and the groups in them: what is folded there cannot be used, and the segment editor works while it is seen."""
        for view in self.panel.steps.values():
            for part in (view.frame, getattr(view, "group", None), getattr(view, "edit_group", None)):
                if part is not None and self.chance.random() < 0.3:
                    part.collapsed = not part.collapsed

    def do_folder_line(self):
        typed = self.chance.choice(("", "~", "~/prints", "prints", self.folder))
        home = os.path.expanduser("~")
        self.panel.steps["files"].folder.currentPath = typed
        if self.panel.state is not None:
            self.output = os.path.abspath(os.path.join(home, os.path.expanduser(typed))) if typed else ""

    def do_start_and_cancel(self):
        if self.panel.state is not None and not self.panel.runner.running:
            self.panel.guarded_slot(self.panel.run)([self.chance.choice(STEPS)])
            self._wait(self.chance.uniform(0.0, 0.2))
            if self.panel.runner.running:
                self.panel.footer.cancel.click()

    def do_run(self):
        if self.panel.state is not None and not self.panel.runner.running and self.chance.random() < RUNS:
            self.panel.guarded_slot(self.panel.run)([self.chance.choice(STEPS[:3])])
            self._wait(60.0)

    def do_table(self):
        for step in ("scan", "print"):
            view = self.panel.steps[step].findings
            if view.table.rowCount:
                view.table.selectRow(self.chance.randrange(view.table.rowCount))
                view.only.checked = not view.only.checked

    def _wait(self, seconds):
        import slicer

        end = time.monotonic() + seconds
        while self.panel.runner.running and time.monotonic() < end:
            slicer.app.processEvents()
            time.sleep(0.02)

    # -- what must hold ------------------------------------------------------------------------------------------------

    def check(self):
        """Every chooser shows nothing or what was chosen in it, and the panel works with what they show."""
        import slicer

        panel = self.panel
        if panel.state is None:
            return
        parameters = panel.parameters
        only = self._nodes("vtkMRMLScalarVolumeNode")
        if len(only) == 1 and not parameters.chosen and parameters.volume is only[0]:
            self.chosen["volume"] = only[0]  # the scene's only volume, and no scan was ever chosen
        for name in CHOOSERS:
            node, chosen = self.chooser(name).currentNode(), self.chosen[name]
            if chosen is not None and chosen.GetScene() is not slicer.mrmlScene:
                chosen = self.chosen[name] = None
            if node is not None and node is not chosen:
                raise AssertionError(f"{name} shows '{node.GetName()}', which nobody chose")
        for name, node in (("volume", parameters.volume), ("givenSegmentation", parameters.given)):
            if node is not self.chooser(name).currentNode():
                raise AssertionError(f"{name}: the panel works with another node than it shows")
        if str(parameters.output or "") != self.output:
            raise AssertionError(f"files would go to '{parameters.output}' instead of '{self.output}'")
        if "Something went wrong inside" in str(panel.footer.message.text):
            raise AssertionError(str(panel.footer.message.text))
