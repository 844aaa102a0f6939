"""What a newcomer sees after one import with nothing but default options."""

import bpy


def jobs():
    from bl_ext.user_default.nn_blender.nn_blender.ui.jobs import jobs

    return jobs


def scenario(gui):
    bpy.ops.extensions.package_install_files(
        filepath=str(gui.extension_zip), repo="user_default", enable_on_install=True
    )
    bpy.context.preferences.addons["bl_ext.user_default.nn_blender"].preferences.python = str(gui.worker_python)
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    yield from gui.open_sidebar("NN")
    digits = gui.checkout / "sample_scenes" / "digits"
    bpy.ops.nn.import_network("EXEC_DEFAULT", filepath=str(digits / "digits.keras"))
    yield from gui.wait_until(lambda: jobs().running is None, "the import", 90)
    gui.check(jobs().error is None, "the import works")
    space = gui.view3d()[1].spaces.active
    gui.check(space.shading.type == "MATERIAL", "the viewport shows materials, so neurons glow")
    gui.check(space.region_3d.view_perspective == "CAMERA", "through the scene's camera")
    yield from gui.wait_until(lambda: not bpy.app.is_job_running("SHADER_COMPILATION"), "shaders", 100)
    yield 3.0
    gui.screenshot("material_preview")
